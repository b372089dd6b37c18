import { useState, type SubmitEvent } from 'react';
import { Choice, TextField } from '../fields.tsx';
import { thisMonth, Words } from '../words.tsx';
import { ChargeMonth } from './charge-month.tsx';
import { Preview } from './preview.tsx';

/** Previews a month; a carrier's admin charges it. */
export function MonthForm({ carriers, mayCharge }: { carriers: [id: string, name: string][]; mayCharge: boolean }) {
  const [tenant, setTenant] = useState(carriers[0]?.[0] ?? '');
  const [month, setMonth] = useState(thisMonth);
  /** How often it was asked for; 0: not yet, of this month. */
  const [asked, setAsked] = useState(0);

  const anew = (set: (value: string) => void) => (value: string) => {
    set(value);
    setAsked(0);
  };

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setAsked(asked + 1);
  }

  return (
    <section className="card">
      <form className="bar" onSubmit={submit}>
        <Choice zh="运营商" en="Carrier" name="tenant" value={tenant} options={carriers} onChange={anew(setTenant)} />
        <TextField
          zh="月份"
          en="Month"
          name="month"
          type="month"
          pattern="\d{4}-\d{2}"
          placeholder="2026-03"
          required
          value={month}
          onChange={anew(setMonth)}
        />
        <button>
          <Words zh="预览" en="Preview" />
        </button>
      </form>
      {asked > 0 && <Preview key={`${tenant}/${month}/${asked}`} tenant={tenant} month={month} />}
      {mayCharge && (
        <ChargeMonth
          key={`${tenant}/${month}`}
          zh="正式计费"
          en="Charge"
          tenant={tenant}
          month={month}
          disabled={!month}
        />
      )}
    </section>
  );
}
