import { useState, type SubmitEvent } from 'react';
import { useAction } from '../action.ts';
import { Choice, SlipField, TextField } from '../fields.tsx';
import { ErrorNote, Words } from '../words.tsx';
import type { Send } from './orders.tsx';

/** Orders a package, which waits for the parent unless a signed slip is at hand. */
export function OrderForm({ packages, send }: { packages: [id: string, words: string][]; send: Send }) {
  const [chosen, setChosen] = useState<string>();
  const [slip, setSlip] = useState('');
  const [signedOn, setSignedOn] = useState('');
  const action = useAction();
  const { changing } = action;
  const ordered = chosen ?? packages[0]?.[0] ?? '';

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const asked = {
      action: 'subscribe',
      package: ordered,
      ...(slip ? { slip, ...(signedOn ? { signedOn } : {}) } : {}),
    } as const;
    // A slip is of one order.
    send(action, asked, () => {
      setSlip('');
      setSignedOn('');
    });
  }

  return (
    <form onSubmit={submit}>
      <div className="bar">
        <Choice
          zh="套餐"
          en="Package"
          name="package"
          value={ordered}
          options={packages}
          onChange={changing(setChosen)}
        />
        <SlipField zh="签字回执编号（如有）" en="Signed slip, if any" value={slip} onChange={changing(setSlip)} />
        {slip && (
          <TextField
            zh="签字日期"
            en="Signed on"
            name="signedOn"
            type="date"
            value={signedOn}
            onChange={changing(setSignedOn)}
          />
        )}
        <button disabled={action.busy || !ordered}>
          <Words zh="代为订制" en="Order" />
        </button>
      </div>
      <ErrorNote error={action.error} />
      <p className="hint">
        <Words
          zh="代订不等于同意：家长回复短信或交回签字回执之前，订单一直待确认，不收费。"
          en="An order waits, and costs nothing, until the parent consents by text or signed slip."
        />
      </p>
    </form>
  );
}
