import { useAnswer } from '../asking.ts';
import { Counts, Fact, Facts } from '../facts.tsx';
import { request } from '../request.ts';
import type { Session } from '../session.ts';
import { ErrorNote, Term, Time, Words, type Wording } from '../words.tsx';
import { Decide } from './decide.tsx';
import { Papers } from './papers.tsx';
import { Slip } from './slip.tsx';
import { TrialRecord } from './trial-record.tsx';
import type { TrialDetails } from './trial.ts';

const FAMILIES: Record<string, Wording> = {
  unanswered: { zh: '未答复', en: 'unanswered' },
  'awaiting-order': { zh: '同意，待订制', en: 'said yes' },
  confirmed: { zh: '已订制', en: 'confirmed' },
  declined: { zh: '不订制', en: 'declined' },
  silent: { zh: '逾期未答', en: 'silent' },
  refused: { zh: '校方未同意', en: 'refused' },
  lapsed: { zh: '已过期', en: 'lapsed' },
  'not-taken': { zh: '未办成', en: 'not taken' },
  cancelled: { zh: '中途退订', en: 'cancelled' },
};
const STEPS: Record<string, Wording> = {
  report: { zh: '周报', en: 'weekly report' },
  'hand-over': { zh: '转为正式订制', en: 'orders of who said yes' },
  'notice-1': { zh: '发书面通知和回执', en: 'notice on paper, with slips' },
  'notice-2': { zh: '短信通知未答复的家长', en: 'text to who has not answered' },
  close: { zh: '结束', en: 'close' },
};

/** One trial: where its families are, what is next, its papers, its record, and what this account may do about it. */
export function TrialView({
  id,
  session: { may },
  onChanged,
}: {
  id: string;
  session: Session;
  onChanged: () => void;
}) {
  const {
    answer: trial,
    error,
    load,
  } = useAnswer((signal) => request<TrialDetails>('GET', `/api/v1/trials/${id}`, { signal }));

  function changed() {
    load();
    onChanged();
  }

  if (!trial) return <ErrorNote error={error} />;
  return (
    <div className="progress">
      <ErrorNote error={error} />
      {trial.families && <Families families={trial.families} />}
      <Dates trial={trial} />
      {'trials:decide' in may && !trial.decision && !trial.closedAt && <Decide id={id} onDecided={changed} />}
      {'trials:record-slip' in may && !trial.closedAt && <Slip trial={trial} onRecorded={changed} />}
      <Papers trial={trial} may={may} />
      <TrialRecord trial={trial} />
    </div>
  );
}

/** What everybody asks about; of the other states only those that some family is in. */
const ASKED = ['unanswered', 'confirmed', 'declined'];

function Families({ families }: { families: Record<string, number> }) {
  const shown = Object.entries(families).filter(([state, count]) => count > 0 || ASKED.includes(state));
  return (
    <Counts of={shown.map(([state, value]) => ({ id: state, value, ...(FAMILIES[state] ?? { zh: state, en: '' }) }))} />
  );
}

function Dates({ trial }: { trial: TrialDetails }) {
  const dates: [Wording, string | null][] = [
    [{ zh: '开始', en: 'began' }, trial.startedAt],
    [{ zh: '期满', en: 'ends' }, trial.endsAt],
    [{ zh: '最迟通知时间', en: 'notices due by' }, trial.closedAt ? null : trial.noticesDueBy],
    [{ zh: '书面通知', en: 'notice 1' }, trial.notice1At],
    [{ zh: '短信通知', en: 'notice 2' }, trial.notice2At],
    [{ zh: '答复截止', en: 'last day to answer' }, trial.silentAt],
    [{ zh: '结束', en: 'closed' }, trial.closedAt],
  ];
  return (
    <Facts>
      <Fact zh="下一步" en="Next">
        {trial.next ? (
          <>
            <Term of={STEPS} id={trial.next.do} /> <Time at={trial.next.at} />
          </>
        ) : (
          <Words zh="没有" en="Nothing" />
        )}
      </Fact>
      {dates.map(
        ([words, at]) =>
          at && (
            <Fact key={words.en} {...words}>
              <Time at={at} />
            </Fact>
          ),
      )}
    </Facts>
  );
}
