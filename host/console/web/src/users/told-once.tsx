// Shows a password for one use: once, to be told to its user. It is kept nowhere.

import { Button } from 'antd';
import { useTranslation } from 'react-i18next';

export function ToldOnce({ name, password, close }: { name: string; password: string; close: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <p role="status">{t('once.text', { name })}</p>
      <p>
        <code className="secret">{password}</code>
      </p>
      <Button type="primary" onClick={close}>
        {t('once.told')}
      </Button>
    </>
  );
}
