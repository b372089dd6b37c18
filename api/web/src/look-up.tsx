import type { SubmitEvent } from 'react';
import type { Session } from './session.ts';
import { Words, type Wording } from './words.tsx';

/** Why a family is looked up, as the carrier's admins read it later; the commonest first: Enter says it too. */
export const LOOK_REASONS: Record<string, Wording> = {
  caller: { zh: '来电查询', en: 'The caller asks' },
  fee: { zh: '费用疑问', en: 'A fee' },
  stop: { zh: '要求退订', en: 'Wants to stop' },
  'not-received': { zh: '未收到短信', en: 'No text came' },
  complaint: { zh: '投诉', en: 'Complaint' },
  check: { zh: '抽查', en: 'Spot check' },
  other: { zh: '其他', en: 'Other' },
};

/** They see families that are not theirs, and say why. */
const ASKED = ['customer-service', 'carrier-admin', 'ops'];

/** Looks it up: for whoever has to say why, a button for each reason, so that saying it is the one tap. */
export function LookUpButtons({ session: { role } }: { session: Session }) {
  if (!ASKED.includes(role))
    return (
      <button>
        <Words zh="查询" en="Look up" />
      </button>
    );
  return (
    <div className="reasons" role="group" aria-label="查询原因 Why">
      {Object.entries(LOOK_REASONS).map(([id, words]) => (
        <button key={id} name="reason" value={id} className={id === 'caller' ? '' : 'quiet'}>
          <Words {...words} />
        </button>
      ))}
    </div>
  );
}

/** The reason whose button was pressed; '' where none is asked. */
export function reasonOf(event: SubmitEvent): string {
  const { submitter } = event.nativeEvent;
  return submitter instanceof HTMLButtonElement ? submitter.value : '';
}
