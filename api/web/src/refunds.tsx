import { useState, type SubmitEvent } from 'react';
import { useAction } from './action.ts';
import { carrierName, useCarriers } from './carriers.ts';
import { TextField } from './fields.tsx';
import { request } from './request.ts';
import { Table } from './table.tsx';
import { useToDecide } from './to-decide.ts';
import { Card, DoneNote, ErrorNote, Time, Words } from './words.tsx';

interface HeldRefund {
  id: number;
  tenant: string;
  chargeId: number;
  month: string;
  package: { name: string };
  fen: number;
  phone?: string;
  recordedBy: string;
  saidAt: string;
  recordedAt: string;
  note?: string;
}

const LOOK_MS = 10_000;
const MAX_NOTE = 500;

/** Refunds of cancels that staff dated back: released, or not, by somebody else than who recorded the cancel. */
export function RefundsPage() {
  const carriers = useCarriers();
  const { answer, error, done, decided } = useToDecide<{ refunds: HeldRefund[] }>('/api/v1/refunds', LOOK_MS);
  const tell = (released: boolean) =>
    decided(
      released ? { zh: '已放行，退费入账。', en: 'Released and booked.' } : { zh: '已驳回。', en: 'Not given back.' },
    );

  return (
    <Card zh="退费复核" en="Refunds to review">
      <p className="hint">
        <Words
          zh="补记退订带来的大额退费，须由另一人核实后入账；退订本身已生效。"
          en="What a cancel dated back by staff gives back waits for a second person; the cancel itself holds."
        />
      </p>
      <ErrorNote error={error} />
      <DoneNote done={done} />
      {answer?.refunds.length === 0 && <Words zh="暂无待办" en="Nothing waits" />}
      {answer && answer.refunds.length > 0 && (
        <Table
          heads={[
            ['手机号', 'Phone'],
            ['退费', 'Refund'],
            ['家长提出', 'Said'],
            ['补记', 'Recorded'],
            ['处理', 'Decide'],
          ]}
        >
          {answer.refunds.map((each) => (
            <tr key={each.id}>
              <td>
                {each.phone} {carrierName(carriers, each.tenant)}
              </td>
              <td>
                {each.package.name} {(each.fen / 100).toFixed(2)}元 {each.month}
              </td>
              <td>
                <Time at={each.saidAt} />
              </td>
              <td>
                <Time at={each.recordedAt} /> {each.recordedBy} {each.note}
              </td>
              <td>
                <Decide chargeId={each.chargeId} onDecided={tell} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Decide({ chargeId, onDecided }: { chargeId: number; onDecided: (released: boolean) => void }) {
  const [note, setNote] = useState('');
  const { busy, error, run, changing } = useAction();

  const decide = (release: boolean) =>
    run(
      (key) => request('POST', `/api/v1/charges/${chargeId}/refund-decision`, { body: { release, note }, key }),
      () => onDecided(release),
    );

  function submit(event: SubmitEvent) {
    event.preventDefault();
    decide(true);
  }

  return (
    <form className="bar" onSubmit={submit}>
      <TextField
        zh="依据"
        en="Note"
        name="note"
        value={note}
        maxLength={MAX_NOTE}
        required
        onChange={changing(setNote)}
      />
      <button disabled={busy}>
        <Words zh="放行" en="Release" />
      </button>
      <button type="button" className="quiet" disabled={busy || note.trim() === ''} onClick={() => decide(false)}>
        <Words zh="驳回" en="Refuse" />
      </button>
      <ErrorNote error={error} />
    </form>
  );
}
