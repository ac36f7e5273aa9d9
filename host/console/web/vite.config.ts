// How the pages are built: one folder of files under `/console/`, without a script or a style inside the page.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { styleSheets } from './style-sheets.plugin.ts';

export default defineConfig({
  base: '/console/',
  plugins: [react(), styleSheets()],
  build: {
    target: 'es2023',
    // An image or a font inside a style would need `data:` in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // The polyfill is a script inside the page, which the Content-Security-Policy forbids; today's browsers need none.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: {
    // `npm run dev` beside a daemon, or beside `npm run mock`.
    proxy: { '/api': process.env.PROVISO_API ?? 'http://127.0.0.1:8787' },
  },
});
