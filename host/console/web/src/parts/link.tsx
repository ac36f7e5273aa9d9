// A link to another page of the console: an address that can be copied and opened elsewhere, and no new page where it is followed.

import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { addressOf, go } from '../route';

type Props = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> & { readonly to: string };

export function Link({ to, children, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    // With a modifier or another button the browser opens it as it always does.
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a {...rest} href={addressOf(to)} onClick={follow}>
      {children}
    </a>
  );
}
