import { describe, expect, it } from 'vitest';
import { whatComesOnTrial, type FamilyTrial } from '../../workflows/domain/trial-forecast.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { demoText, notice1Page } from '../../workflows/domain/notices.ts';
import {
  nextTrialStep,
  notice2Due,
  noticeDue,
  reportDue,
  silentAt,
  trialEnd,
  type TrialFacts,
  type TrialStep,
} from '../../workflows/domain/trial.ts';
import { percent, weeklyReportPage } from '../../workflows/domain/weekly-report.ts';

const ZONE = 'Asia/Shanghai';
/** `2026-03-05 10:00:00` of the zone, as epoch ms and back. */
const at = (civil: string) => Date.parse(`${civil.replace(' ', 'T')}+08:00`);
const civil = (instant: number | null) =>
  instant === null ? null : new Date(instant + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

describe('the trial ends on the same day next month, clamped to its end', () => {
  it.each([
    ['2026-03-05 10:00:00', '2026-04-05 10:00:00'],
    ['2026-01-28 08:00:00', '2026-02-28 08:00:00'],
    ['2026-01-29 08:00:00', '2026-02-28 08:00:00'],
    ['2026-01-30 08:00:00', '2026-02-28 08:00:00'],
    ['2026-01-31 23:59:59', '2026-02-28 23:59:59'],
    ['2028-01-29 08:00:00', '2028-02-29 08:00:00'],
    ['2028-01-31 08:00:00', '2028-02-29 08:00:00'],
    ['2026-02-28 08:00:00', '2026-03-28 08:00:00'],
    ['2028-02-29 08:00:00', '2028-03-29 08:00:00'],
    ['2026-03-31 00:00:00', '2026-04-30 00:00:00'],
    ['2026-04-30 08:00:00', '2026-05-30 08:00:00'],
    ['2026-05-31 08:00:00', '2026-06-30 08:00:00'],
    ['2026-12-01 00:00:00', '2027-01-01 00:00:00'],
    ['2026-12-31 23:59:59', '2027-01-31 23:59:59'],
  ])('%s → %s', (from, to) => {
    expect(civil(trialEnd(at(from), 1, ZONE))).toBe(to);
  });
});

describe('a report is due each Sunday at 18:00, and when the trial ends', () => {
  // 2026-03-08 is a Sunday.
  it.each([
    ['2026-03-02 00:00:00', '2026-04-02 00:00:00', '2026-03-08 18:00:00'],
    ['2026-03-07 23:59:59', '2026-04-07 23:59:59', '2026-03-08 18:00:00'],
    ['2026-03-08 17:59:59', '2026-04-08 17:59:59', '2026-03-08 18:00:00'],
    ['2026-03-08 18:00:00', '2026-04-08 17:59:59', '2026-03-15 18:00:00'],
    ['2026-02-28 09:00:00', '2026-03-28 09:00:00', '2026-03-01 18:00:00'],
    ['2026-12-28 09:00:00', '2027-01-28 09:00:00', '2027-01-03 18:00:00'],
    ['2026-03-29 18:00:00', '2026-04-02 09:00:00', '2026-04-02 09:00:00'],
    ['2026-04-02 08:59:59', '2026-04-02 09:00:00', '2026-04-02 09:00:00'],
    ['2026-04-02 09:00:00', '2026-04-02 09:00:00', null],
    ['2026-04-02 09:00:01', '2026-04-02 09:00:00', null],
  ])('after %s of a trial until %s: %s', (after, ends, due) => {
    expect(civil(reportDue(at(after), at(ends), ZONE))).toBe(due);
  });
});

describe('the notices', () => {
  it.each([
    // End, notice 1, notice 2: three days for the slips, within the week, at least one day.
    ['2026-04-05 10:00:00', '2026-04-05 10:00:00', '2026-04-08 10:00:00'],
    ['2026-04-05 10:00:00', '2026-04-09 10:00:00', '2026-04-12 10:00:00'],
    ['2026-04-05 10:00:00', '2026-04-10 10:00:00', '2026-04-12 10:00:00'],
    ['2026-04-05 10:00:00', '2026-04-11 20:00:00', '2026-04-12 20:00:00'],
    ['2026-04-05 10:00:00', '2026-04-20 09:00:00', '2026-04-21 09:00:00'],
    ['2026-02-27 10:00:00', '2026-02-27 10:00:00', '2026-03-02 10:00:00'],
  ])('trial until %s, notice 1 at %s: notice 2 at %s', (ends, first, second) => {
    expect(civil(notice2Due(at(first), at(ends), ZONE))).toBe(second);
  });

  it.each([
    ['2026-04-05 10:00:00', '2026-04-12 10:00:00'],
    ['2026-02-22 10:00:00', '2026-03-01 10:00:00'],
    ['2028-02-22 10:00:00', '2028-02-29 10:00:00'],
    ['2026-12-31 23:59:59', '2027-01-07 23:59:59'],
  ])('of a trial until %s are due by %s', (ends, due) => {
    expect(civil(noticeDue(at(ends), ZONE))).toBe(due);
  });

  it.each([
    ['2026-04-08 10:00:00', 7, '2026-04-15 10:00:00'],
    ['2026-02-25 10:00:00', 7, '2026-03-04 10:00:00'],
    ['2026-12-28 10:00:00', 10, '2027-01-07 10:00:00'],
  ])('asked on %s, silent after %i days: %s', (asked, days, silent) => {
    expect(civil(silentAt(at(asked), days, ZONE))).toBe(silent);
  });
});

describe('what is next', () => {
  const [START, END] = [at('2026-03-05 10:00:00'), at('2026-04-05 10:00:00')];
  const facts: TrialFacts = {
    startedAt: START,
    endsAt: END,
    answerDays: 7,
    zone: ZONE,
    quiet: { from: '21:30', until: '06:30' },
    reports: true,
    reportedUntil: END,
    decision: null,
    notice1At: null,
    notice2At: null,
    unanswered: 3,
    awaitingOrder: 0,
    closed: false,
  };
  const approved = { approved: true, at: at('2026-04-06 09:00:00') };
  const noticed = { ...facts, decision: approved, notice1At: approved.at };
  const late = at('2026-04-11 22:00:00');

  it.each<[string, Partial<TrialFacts>, TrialStep['do'], string, number?]>([
    ['the first report', { reportedUntil: null }, 'report', '2026-03-08 18:00:00'],
    ['the last report', { reportedUntil: at('2026-03-29 18:00:00') }, 'report', '2026-04-05 10:00:00'],
    ['no decision: it lapses', {}, 'close', '2026-05-05 10:00:00'],
    ['no reports for who joined later', { reports: false, reportedUntil: null }, 'close', '2026-05-05 10:00:00'],
    [
      'approved early: notice 1 at the end',
      { decision: { ...approved, at: START } },
      'notice-1',
      '2026-04-05 10:00:00',
    ],
    ['approved later: notice 1 then', { decision: approved }, 'notice-1', '2026-04-06 09:00:00'],
    ['refused early: closed at the end', { decision: { approved: false, at: START } }, 'close', '2026-04-05 10:00:00'],
    ['refused later: closed then', { decision: { ...approved, approved: false } }, 'close', '2026-04-06 09:00:00'],
    ['notice 2 after notice 1', noticed, 'notice-2', '2026-04-09 09:00:00'],
    ['notice 2 out of the night', { ...noticed, notice1At: late }, 'notice-2', '2026-04-13 06:30:00'],
    [
      'notice 2 late, and not in the night either',
      noticed,
      'notice-2',
      '2026-04-20 06:30:00',
      at('2026-04-20 02:00:00'),
    ],
    ['notice 2 late by day: now', noticed, 'notice-2', '2026-04-20 12:00:00', at('2026-04-20 12:00:00')],
    [
      'silent X days after notice 2',
      { ...noticed, notice2At: at('2026-04-09 09:00:00') },
      'close',
      '2026-04-16 09:00:00',
    ],
    ['a yes is ordered at the end, without any approval', { awaitingOrder: 1 }, 'hand-over', '2026-04-05 10:00:00'],
    ['a yes of the last family too', { awaitingOrder: 1, unanswered: 0 }, 'hand-over', '2026-04-05 10:00:00'],
    ['all have answered: closed', { unanswered: 0 }, 'close', '2026-04-05 10:00:00'],
    ['all have answered on paper: closed', { ...noticed, unanswered: 0 }, 'close', '2026-04-05 10:00:00'],
  ])('%s', (_name, changed, step, due, now = START) => {
    const next = nextTrialStep({ ...facts, ...changed }, now);
    expect([next?.do, civil(next!.at)]).toEqual([step, due]);
  });

  it.each([
    [{}, 'lapsed'],
    [{ unanswered: 0 }, 'answered'],
    [{ decision: { approved: false, at: END } }, 'refused'],
    [{ ...noticed, notice2At: approved.at }, 'silent'],
  ])('%j closes as %s', (changed, as) => {
    expect(nextTrialStep({ ...facts, ...changed }, START)).toMatchObject({ do: 'close', as });
  });

  it('nothing once it is closed', () => {
    expect(nextTrialStep({ ...facts, closed: true }, START)).toBeNull();
  });

  it('but a yes that was said in time and recorded after it', () => {
    const late = { ...facts, closed: true, awaitingOrder: 1 };
    expect(nextTrialStep(late, START)).toEqual({ do: 'hand-over', at: facts.endsAt });
  });
});

describe('words', () => {
  it('the demonstration asks parents to reply', () => {
    expect(demoText('三年级1班', '李红')).toContain('请回复');
  });

  it('notice 1 has a slip for each family, prices of the profile, and no markup of theirs', () => {
    const profile = loadCarriers().profile('shanxi');
    const page = notice1Page(
      {
        school: '迎泽小学',
        className: '三年级1班',
        at: at('2026-04-06 09:00:00'),
        returnBy: at('2026-04-09 09:00:00'),
        forEverybody: false,
        slips: [
          { number: 'h1', children: ['王小兵'], guardians: [{ name: '<b>王父</b>', phone: '13900000001' }] },
          { number: 'h2', children: ['陈一', '陈二'], guardians: [{ name: '陈父', phone: '13900000003' }] },
        ],
      },
      profile,
    );
    expect(page.match(/class="slip"/g)).toHaveLength(2);
    expect(page).toContain('&#60;b&#62;王父');
    for (const words of ['每月5元', '每年75元', '4月9日前', '不收取任何费用', '陈一、陈二', '1065827031'])
      expect(page).toContain(words);
  });

  it('the report names what there was and what there was not', () => {
    const page = weeklyReportPage(
      {
        number: 2,
        school: '迎泽小学',
        className: '三年级1班',
        from: at('2026-03-08 18:00:00'),
        until: at('2026-03-15 18:00:00'),
        endsAt: at('2026-04-05 10:00:00'),
        facts: {
          messages: [{ kind: 'homework', count: 4 }],
          texts: { sent: 160, delivered: 152, failed: 3 },
          activeDays: 4,
          replies: { texts: 12, mailbox: 2, guardians: 9 },
          families: { all: 40, onTrial: 30, confirmed: 8, ended: 2 },
          demonstrated: true,
          opinions: ['<短信>太长'],
        },
      },
      ZONE,
      new Map([['homework', '家庭作业']]),
    );
    for (const words of ['第2期', '家庭作业', '152条（95%）', '8户（20%）', '&#60;短信&#62;太长', '2026年3月15日18:00'])
      expect(page).toContain(words);
    expect(percent(1, 0)).toBe(0);
  });
});

describe('what comes to a family on trial', () => {
  const endsAt = Date.parse('2026-04-05T10:00:00+08:00');
  const trial = {
    ...{ package: 'home-school', endsAt, answer: null, decision: null },
    ...{ notice1At: null, notice2At: null, silentAt: null },
  };
  const days = (count: number) => endsAt + count * 86_400_000;
  const comes = (changed: Partial<FamilyTrial>, now = days(-3)) =>
    whatComesOnTrial({ ...trial, ...changed }, now, 'Asia/Shanghai').map(({ what, at }) => [what, at]);

  it.each<[string, Partial<FamilyTrial>, number | undefined, (string | number | null)[][]]>([
    ['it runs, nothing is decided', {}, undefined, [['trial-end', endsAt], ['notice', null]]],
    ['it runs, the family said yes', { answer: 'yes' }, undefined, [['trial-end', endsAt]]],
    ['it runs, the principal approved', { decision: 'approved' }, undefined, [['trial-end', endsAt], ['notice', endsAt]]],
    ['it is over, notice 1 is out', { decision: 'approved', notice1At: endsAt }, days(1), [['notice', days(3)]]],
    ['notice 2 is out', { decision: 'approved', notice1At: endsAt, notice2At: days(3), silentAt: days(10) }, days(4), [['answer-due', days(10)]]],
    ['the principal refused', { decision: 'refused' }, days(1), []],
    ['it ends at this instant', { decision: 'refused' }, endsAt, []],
  ])('%s', (_what, changed, now, coming) => {
    expect(comes(changed, now)).toEqual(coming);
  }); // prettier-ignore

  it('says in both languages that a trial is never charged', () => {
    const [end] = whatComesOnTrial(trial, days(-3), 'Asia/Shanghai');
    expect(end!.text).toEqual({
      zh: '免费试用2026年4月5日10:00结束，之后未经确认不收费。',
      en: 'The free trial ends on 2026-04-05 at 10:00; nothing is charged after it without a confirmation.',
    });
    expect(end!.fen).toBeNull();
  });

  it.each<[string, Partial<FamilyTrial>, RegExp]>([
    ['on paper before it is out', {}, /书面通知和回执。 The notice on paper/],
    ['by text after that', { notice1At: endsAt }, /未交回执的家长.*短信通知。 Who has not returned the slip is texted/],
  ])('tells of the next notice: %s', (_what, changed, words) => {
    const [notice] = whatComesOnTrial({ ...trial, decision: 'approved', ...changed }, days(1), 'Asia/Shanghai');
    expect(`${notice!.text.zh} ${notice!.text.en}`).toMatch(words);
  });
});
