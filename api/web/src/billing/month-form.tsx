import { useState, type SubmitEvent } from 'react';
import { useAction } from '../action.ts';
import { Choice, TextField } from '../fields.tsx';
import { request } from '../request.ts';
import { ErrorNote, thisMonth, Words } from '../words.tsx';
import { ChargeMonth } from './charge-month.tsx';
import { PreviewTable, type Preview } from './preview.tsx';

/** The first lines are enough to see what they are like. */
const FIRST_LINES = 20;

/** Previews a month; a carrier's admin charges it. */
export function MonthForm({ carriers, mayCharge }: { carriers: [id: string, name: string][]; mayCharge: boolean }) {
  const [tenant, setTenant] = useState(carriers[0]?.[0] ?? '');
  const [month, setMonth] = useState(thisMonth);
  const [preview, setPreview] = useState<Preview>();
  const { busy, error, run, changing } = useAction();

  const anew = (set: (value: string) => void) =>
    changing((value: string) => {
      set(value);
      setPreview(undefined);
    });

  function submit(event: SubmitEvent) {
    event.preventDefault();
    run(
      () => request<Preview>('POST', '/api/v1/billing/preview', { body: { tenant, month, limit: FIRST_LINES } }),
      setPreview,
    );
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
        <button disabled={busy}>
          <Words zh="预览" en="Preview" />
        </button>
      </form>
      <ErrorNote error={error} />
      {preview && <PreviewTable preview={preview} />}
      {mayCharge && (
        <ChargeMonth key={`${tenant}/${month}`} zh="计费" en="Charge" tenant={tenant} month={month} disabled={!month} />
      )}
    </section>
  );
}
