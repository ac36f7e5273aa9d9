// The list of keys, and the switch that turns them off for this browser.

import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { DECISIONS } from '../logic/keys';
import { Dialog } from '../parts/dialog';

const QUEUE = [
  ['j', 'keys.next'],
  ['k', 'keys.previous'],
  ['Enter', 'keys.open'],
  ['x', 'keys.select'],
  ['a', 'keys.assign'],
  ['u', 'keys.undo'],
  ['/', 'keys.filter'],
  ['?', 'keys.help'],
] as const;

const ITEM = [
  ['j', 'keys.next'],
  ['k', 'keys.previous'],
  ['a', 'keys.assign'],
  ['c', 'keys.comment'],
  ['u', 'keys.undo'],
  ['/', 'keys.filter'],
  ['?', 'keys.help'],
] as const;

const REQUESTS = [
  ['j', 'keys.next'],
  ['k', 'keys.previous'],
  ['Enter', 'keys.open'],
  ['?', 'keys.help'],
] as const;

const KEYS = { queue: QUEUE, item: ITEM, requests: REQUESTS };

export function KeysHelp({ open, close, on }: { open: boolean; close: () => void; on: keyof typeof KEYS }) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} title={t('keys.title')} close={close}>
      <dl className="keys">
        {on === 'item' &&
          DECISIONS.map((decision, place) => (
            <div key={decision}>
              <dt>
                <kbd>{place + 1}</kbd>
              </dt>
              <dd>{t(`decision.${decision}`)}</dd>
            </div>
          ))}
        {KEYS[on].map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(words)}</dd>
          </div>
        ))}
      </dl>
      <p className="hint">{t('keys.off')}</p>
      <Button onClick={close}>{t('action.close')}</Button>
    </Dialog>
  );
}
