// What stands where a page does not exist, or is not for this person: what happened, and where to go.

import { useTranslation } from 'react-i18next';
import { Link } from '../parts/link';

export function NotHere({ why }: { why: 'no-such-page' | 'not-permitted' | 'no-such-alert' }) {
  const { t } = useTranslation();
  return (
    <section className="message-page">
      <h1>{t(`notHere.${why}.title`)}</h1>
      <p>{t(`notHere.${why}.text`)}</p>
      <p>
        <Link to="/">{t('notHere.back')}</Link>
      </p>
    </section>
  );
}
