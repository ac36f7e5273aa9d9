// A dialog: one question over the page. It begins at its first field, not at the button that closes it.

import { Modal } from 'antd';
import { useRef, type ReactNode } from 'react';

interface Props {
  readonly open: boolean;
  readonly title: string;
  readonly close: () => void;
  readonly children: ReactNode;
  /** Over another dialog. */
  readonly above?: boolean;
}

const FIRST = 'input, select, textarea, button';

export function Dialog({ open, title, close, children, above = false }: Props) {
  const body = useRef<HTMLDivElement>(null);
  return (
    <Modal
      open={open}
      title={title}
      onCancel={close}
      footer={null}
      destroyOnHidden
      {...(above ? { zIndex: 1100 } : {})}
      afterOpenChange={(is) => {
        if (is) body.current?.querySelector<HTMLElement>(FIRST)?.focus();
      }}
    >
      <div ref={body}>{children}</div>
    </Modal>
  );
}
