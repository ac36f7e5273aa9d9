// Whether somebody is at the page. A page that nobody attends asks for nothing by itself: else a session would never end for want of use.

import { useEffect, useState } from 'react';

/** How long without a movement or a key until nobody is taken to be there, in milliseconds. A session ends after 30 minutes without use. */
const AWAY_MS = 10 * 60_000;
/** How often that is looked at. */
const LOOK_MS = 30_000;
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel'] as const;

export function useAttended(): boolean {
  const [attended, setAttended] = useState(true);
  useEffect(() => {
    let last = Date.now();
    const sign = () => {
      last = Date.now();
      setAttended(true);
    };
    const look = setInterval(() => setAttended(Date.now() - last < AWAY_MS), LOOK_MS);
    for (const one of SIGNS) window.addEventListener(one, sign, { passive: true });
    return () => {
      clearInterval(look);
      for (const one of SIGNS) window.removeEventListener(one, sign);
    };
  }, []);
  return attended;
}
