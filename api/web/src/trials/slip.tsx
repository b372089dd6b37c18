import { useState, type SubmitEvent } from 'react';
import { useAction } from '../action.ts';
import { paidPackages, useCarriers } from '../carriers.ts';
import { Choice, PhoneField, SlipField, TextField } from '../fields.tsx';
import { request } from '../request.ts';
import { DoneNote, ErrorNote, Words, type Wording } from '../words.tsx';
import type { Trial } from './trial.ts';

const EMPTY = { phone: '', answer: 'yes', package: '', slip: '', signedOn: '' };
const ANSWERS: [string, string][] = [
  ['yes', '订制 yes'],
  ['no', '不订制 no'],
];
const USUAL: [string, string] = ['', '默认套餐 the usual one'];

/** Records what a family wrote on its return slip. */
export function Slip({ trial: { id, tenant }, onRecorded }: { trial: Trial; onRecorded: () => void }) {
  const [slip, setSlip] = useState(EMPTY);
  const [done, setDone] = useState<Wording>();
  const { busy, error, run, changed } = useAction();
  const packages = paidPackages(useCarriers(), tenant);

  function set(field: keyof typeof EMPTY) {
    return (value: string) => {
      setSlip((before) => ({ ...before, [field]: value }));
      setDone(undefined);
      changed();
    };
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const { package: chosen, signedOn, ...rest } = slip;
    const body = {
      ...rest,
      ...(chosen && slip.answer === 'yes' ? { package: chosen } : {}),
      ...(signedOn ? { signedOn } : {}),
    };
    run(
      (key) => request('POST', `/api/v1/trials/${id}/slips`, { body, key }),
      () => {
        setDone({ zh: `${slip.phone} 的回执已登记。`, en: 'Recorded.' });
        setSlip(EMPTY);
        onRecorded();
      },
    );
  }

  return (
    <form onSubmit={submit}>
      <h3>
        <Words zh="登记回执" en="Record a return slip" />
      </h3>
      <div className="bar">
        <PhoneField value={slip.phone} onChange={set('phone')} />
        <Choice zh="答复" en="Answer" name="answer" value={slip.answer} options={ANSWERS} onChange={set('answer')} />
        {slip.answer === 'yes' && (
          <Choice
            zh="套餐"
            en="Package"
            name="package"
            value={slip.package}
            options={[USUAL, ...packages]}
            onChange={set('package')}
          />
        )}
        <SlipField zh="回执编号" en="Slip number" value={slip.slip} onChange={set('slip')} required />
        <TextField
          zh="签字日期"
          en="Signed on"
          name="signedOn"
          type="date"
          value={slip.signedOn}
          onChange={set('signedOn')}
        />
      </div>
      <ErrorNote error={error} />
      <DoneNote done={done} />
      <button disabled={busy}>
        <Words zh="登记" en="Record" />
      </button>
    </form>
  );
}
