import { useState } from 'react';
import { useAction } from '../action.ts';
import type { Package } from '../carriers.ts';
import { Confirm } from '../confirm.tsx';
import { TextArea, TextField } from '../fields.tsx';
import { ErrorNote, instantOf, Words } from '../words.tsx';
import type { Send } from './orders.tsx';

const MAX_NOTE = 500;

/** Cancels, now or from when the parent said so: fees after that moment are given back by the rules. */
export function CancelForm({ current, send }: { current: Package; send: Send }) {
  const [at, setAt] = useState('');
  const [note, setNote] = useState('');
  const action = useAction();
  const { changing } = action;

  const cancel = () =>
    send(action, {
      action: 'cancel',
      package: current.id,
      ...(at ? { at: instantOf(at) } : {}),
      ...(note.trim() ? { note } : {}),
    });

  return (
    <>
      <details>
        <summary>
          <Words zh="家长早已提出退订？补记时间和依据" en="Said earlier? Record when, and how we know" />
        </summary>
        <TextField
          zh="家长提出的时间"
          en="When the parent said it"
          name="at"
          type="datetime-local"
          value={at}
          onChange={changing(setAt)}
        />
        <TextArea
          zh="依据"
          en="Note"
          name="note"
          rows={2}
          maxLength={MAX_NOTE}
          value={note}
          onChange={changing(setNote)}
        />
      </details>
      <ErrorNote error={action.error} />
      <Confirm
        zh="退订"
        en="Cancel"
        disabled={action.busy}
        question={{
          zh: `退订“${current.name}”及其附带服务，立即停止？`,
          en: 'Cancel it and what comes with it, at once?',
        }}
        onConfirm={cancel}
      />
    </>
  );
}
