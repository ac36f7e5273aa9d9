// A moment in the reader's zone; whoever points at it sees the day of the week and the zone.

import { useFormats } from '../i18n/format';

export function Moment({ at }: { at: string }) {
  const formats = useFormats();
  return (
    <time dateTime={at} title={formats.full(at)}>
      {formats.time(at)}
    </time>
  );
}
