// Colours and sizes: one calm theme, light and dark. Every text reaches the contrast of 4.5 to 1 that WCAG 2.2 AA asks for.

import { theme as antd, type ThemeConfig } from 'antd';
import { useEffect, useSyncExternalStore } from 'react';
import { usePreferences } from './preferences';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

function watchSystem(watcher: () => void): () => void {
  dark.addEventListener('change', watcher);
  return () => dark.removeEventListener('change', watcher);
}

/** Whether the page is dark now: as chosen, or else as the system says. The page's own style sheet reads `data-theme`. */
export function useDark(): boolean {
  const { theme } = usePreferences();
  const bySystem = useSyncExternalStore(watchSystem, () => dark.matches);
  const is = theme === 'system' ? bySystem : theme === 'dark';
  useEffect(() => {
    document.documentElement.dataset.theme = is ? 'dark' : 'light';
  }, [is]);
  return is;
}

const SHARED = {
  borderRadius: 4,
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
  // Nothing moves: a queue of hundreds is no place for motion, and nothing has to wait for it.
  motion: false,
  wireframe: false,
};

const LIGHT: ThemeConfig = {
  algorithm: antd.defaultAlgorithm,
  cssVar: { key: 'proviso' },
  hashed: false,
  token: {
    ...SHARED,
    colorPrimary: '#1d4f91',
    colorInfo: '#1d4f91',
    colorLink: '#1d4f91',
    colorLinkHover: '#163e73',
    colorLinkActive: '#163e73',
    colorPrimaryHover: '#2a62ad',
    colorPrimaryActive: '#163e73',
    colorError: '#b3261e',
    colorSuccess: '#1a6b3c',
    colorWarning: '#8a5300',
    colorTextSecondary: 'rgba(0, 0, 0, 0.68)',
    colorTextTertiary: 'rgba(0, 0, 0, 0.62)',
    colorTextPlaceholder: 'rgba(0, 0, 0, 0.6)',
    colorTextDescription: 'rgba(0, 0, 0, 0.65)',
    colorBgLayout: '#f5f6f8',
  },
};

const DARK: ThemeConfig = {
  algorithm: antd.darkAlgorithm,
  cssVar: { key: 'proviso' },
  hashed: false,
  token: {
    ...SHARED,
    colorPrimary: '#7fb0f5',
    colorInfo: '#7fb0f5',
    colorLink: '#9cc4fb',
    colorLinkHover: '#c3dcff',
    colorLinkActive: '#c3dcff',
    colorPrimaryHover: '#9cc4fb',
    colorPrimaryActive: '#6a9be0',
    colorError: '#ff8a80',
    colorSuccess: '#7fd6a0',
    colorWarning: '#f0b860',
    colorTextSecondary: 'rgba(255, 255, 255, 0.75)',
    colorTextTertiary: 'rgba(255, 255, 255, 0.68)',
    colorTextPlaceholder: 'rgba(255, 255, 255, 0.62)',
    colorTextDescription: 'rgba(255, 255, 255, 0.7)',
    // On a light blue button, dark words.
    colorTextLightSolid: '#0d1420',
    colorBgLayout: '#101418',
    colorBgContainer: '#181d23',
    colorBgElevated: '#20262d',
  },
};

export const themeOf = (isDark: boolean): ThemeConfig => (isDark ? DARK : LIGHT);
