/** What comes to a family on trial (spec §10.3): its end, the notices, and what silence means. */
import type { Coming } from './billing-forecast.ts';
import { civilWords } from './civil-words.ts';
import { notice2Due, noticeDue } from './trial.ts';

/** A family's trial as its record has it; times in epoch ms. */
export interface FamilyTrial {
  /** What a yes orders. */
  package: string;
  endsAt: number;
  answer: 'yes' | 'no' | null;
  decision: 'approved' | 'refused' | null;
  notice1At: number | null;
  notice2At: number | null;
  silentAt: number | null;
}

/** What comes if nothing more is said, in order of time; a trial itself is never charged. */
export function whatComesOnTrial(trial: FamilyTrial, now: number, zone: string): Coming[] {
  const entry = (what: Coming['what'], at: number | null, zh: string, en: string): Coming => ({
    ...{ what, at, package: trial.package, fen: null, rule: null },
    text: { zh, en },
  });
  const on = (at: number) => civilWords(at, zone);
  const coming: Coming[] = [];
  if (trial.endsAt > now) {
    const { zh, en } = on(trial.endsAt);
    const [zhThen, enThen] =
      trial.answer === 'yes'
        ? ['届时按您的确认开始订制', 'it is then ordered as confirmed']
        : ['之后未经确认不收费', 'nothing is charged after it without a confirmation'];
    coming.push(
      entry('trial-end', trial.endsAt, `免费试用${zh}结束，${zhThen}。`, `The free trial ends ${en}; ${enThen}.`),
    );
  }
  if (trial.answer !== null) return coming;
  return [...coming, ...notices()];

  function notices(): Coming[] {
    if (trial.silentAt !== null) {
      const { zh, en } = on(trial.silentAt);
      return [
        entry('answer-due', trial.silentAt, `${zh}前不答复，服务停止，不收费。`, `Without an answer by then, service stops ${en} and nothing is charged.`), // prettier-ignore
      ];
    }
    if (trial.decision === null) {
      const { zh, en } = on(noticeDue(trial.endsAt, zone));
      return [
        entry('notice', null, `校长同意后才会发出收费确认通知，最迟应在${zh}前。`, `The fee notice waits for the principal's approval; it should be out before ${en.replace(/^on /, '')}.`), // prettier-ignore
      ];
    }
    if (trial.decision === 'refused') return [];
    const at = trial.notice1At === null ? trial.endsAt : notice2Due(trial.notice1At, trial.endsAt, zone);
    const { zh, en } = on(at);
    return [
      trial.notice1At === null
        ? entry('notice', at, `${zh}起发放书面通知和回执。`, `The notice on paper with its slip goes out ${en}.`)
        : entry(
            'notice',
            at,
            `未交回执的家长${zh}起收到短信通知。`,
            `Who has not returned the slip is texted from then ${en}.`,
          ),
    ];
  }
}
