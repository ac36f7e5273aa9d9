// The entrance: words first, then the pages.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { startI18n } from './i18n';
// In this order: what comes later takes the place of what came before.
import './styles/base.css';
import './styles/frame.css';
import './styles/controls.css';
import './styles/notice.css';
import './styles/queue.css';
import './styles/item.css';
import './styles/overview.css';
import './styles/users.css';
import './styles/requests.css';
import './styles/tablet.css';

const root = document.getElementById('page');
if (root === null) throw new Error('index.html has an element `page`');

await startI18n();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
