import { useState } from 'react';
import { useAction } from '../action.ts';
import { Confirm } from '../confirm.tsx';
import { TextArea } from '../fields.tsx';
import { request } from '../request.ts';
import { ErrorNote, Words } from '../words.tsx';

const MAX_NOTE = 1000;

/** The principal lets the families be asked whether they will pay, or not. */
export function Decide({ id, onDecided }: { id: string; onDecided: () => void }) {
  const [note, setNote] = useState('');
  const { busy, error, run } = useAction();

  function decide(decision: 'approved' | 'refused') {
    const body = { decision, ...(note.trim() ? { note } : {}) };
    run(() => request('POST', `/api/v1/trials/${id}/approval`, { body }), onDecided);
  }

  return (
    <div>
      <h3>
        <Words zh="校长意见" en="The principal's decision" />
      </h3>
      <TextArea
        zh="附言（可不填）"
        en="Note (optional)"
        name="note"
        rows={2}
        maxLength={MAX_NOTE}
        value={note}
        onChange={setNote}
      />
      <ErrorNote error={error} />
      <div className="choices">
        <Confirm
          zh="同意向家长征询"
          en="Approve"
          disabled={busy}
          question={{
            zh: '期满后向家长发收费通知？决定后不能更改。',
            en: 'Ask the families after the trial? It is decided once.',
          }}
          onConfirm={() => decide('approved')}
        />
        <Confirm
          zh="不同意"
          en="Refuse"
          disabled={busy}
          question={{
            zh: '不向家长征询，期满停止，不收费？决定后不能更改。',
            en: 'Ask nobody, and end it unpaid? It is decided once.',
          }}
          onConfirm={() => decide('refused')}
        />
      </div>
    </div>
  );
}
