import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import type { AccountRole } from '../../infra/postgres/accounts.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { findDemoClass, recordDemo, slipsOf, slipsOfClass } from '../../infra/postgres/trial-papers.ts';
import { listReports, type TrialReport } from '../../infra/postgres/trial-reports.ts';
import type { Trial } from '../../infra/postgres/trials.ts';
import { FEWEST_FAMILIES } from '../../workflows/domain/few-families.ts';
import { MESSAGE_KINDS } from '../../workflows/domain/message-kinds.ts';
import { demoText, notice1Page } from '../../workflows/domain/notices.ts';
import { notice2Due } from '../../workflows/domain/trial.ts';
import { weeklyReportPage } from '../../workflows/domain/weekly-report.ts';
import { may } from '../access.ts';
import { opaqueId, wholeNumber } from '../fields.ts';
import { Problem } from '../problem.ts';
import { printed } from '../printed.ts';
import { route, type Route } from '../route.ts';
import { notKnown, seen } from '../sight.ts';
import { trialInSight } from '../trial-sight.ts';
import { ofTrial, trialPath, visibleTrial } from './trials.ts';

const KIND_NAMES = new Map(MESSAGE_KINDS.map(({ id, zh }) => [id, zh]));

/** What is printed of a trial, and the demonstration before it. */
export function trialPaperRoutes({ pool, carriers }: { pool: Pool; carriers: Carriers }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/trials/:id/notice',
      operationId: 'printNotice',
      summary:
        'Notice 1 with return slips, to be printed (HTML): for each family that has not answered; to its school for each family of the class',
      may: 'trials:print-slips',
      params: trialPath,
      audit: ofTrial,
      replies: { 200: { description: 'The page.', schema: z.string(), type: 'text/html' } },
      problems: { 404: 'No such trial.', 409: 'The trial goes on, or the principal has not approved.' },
      async handle({ params }, { role }, sight) {
        const trial = trialInSight(await visibleTrial(pool, sight, params.id), role);
        if (!trial.notice1At) throw new Problem(409, 'The trial goes on, or the principal has not approved.');
        const profile = carriers.profile(trial.tenant, trial.startedAt.getTime());
        const at = trial.notice1At.getTime();
        const forEverybody = !may(role, 'payers:see');
        const notice = {
          school: trial.schoolName,
          className: trial.className,
          at,
          returnBy: notice2Due(at, trial.endsAt.getTime(), profile.zone),
          forEverybody,
          slips: forEverybody
            ? await slipsOfClass(pool, trial.classId)
            : await slipsOf(pool, trial, profile.billingUnit),
        };
        return printed(notice1Page(notice, profile));
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/trials/:id/reports',
      operationId: 'listTrialReports',
      summary: 'The weekly reports so far',
      may: 'trials:report',
      params: trialPath,
      replies: {
        200: {
          description: 'Oldest first.',
          schema: z.object({
            reports: z.array(z.object({ number: z.int(), from: z.iso.datetime(), until: z.iso.datetime() })),
          }),
        },
      },
      problems: { 404: 'No such trial.' },
      async handle({ params }, { role }, sight) {
        const trial = await visibleTrial(pool, sight, params.id);
        const reports = await reportsInSight(trial, role);
        return { status: 200, body: { reports: reports.map(({ number, from, until }) => ({ number, from, until })) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/trials/:id/reports/:number',
      operationId: 'printTrialReport',
      summary: 'A weekly report, to be printed (HTML)',
      may: 'trials:report',
      params: trialPath.extend({ number: wholeNumber(1, 1000) }),
      replies: { 200: { description: 'The page.', schema: z.string(), type: 'text/html' } },
      problems: { 404: 'No such trial or report.' },
      async handle({ params }, { role }, sight) {
        const trial = await visibleTrial(pool, sight, params.id);
        const report = (await reportsInSight(trial, role)).find(({ number }) => number === params.number);
        if (!report) throw notKnown('number');
        const { zone } = carriers.profile(trial.tenant, trial.startedAt.getTime());
        const { number, facts } = report;
        const page = {
          ...{ number, facts, school: trial.schoolName, className: trial.className },
          ...{ from: report.from.getTime(), until: report.until.getTime(), endsAt: trial.endsAt.getTime() },
        };
        return printed(weeklyReportPage(page, zone, KIND_NAMES));
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/classes/:id/demo-message',
      operationId: 'demoMessage',
      summary: 'Show, inside the system, the first text to a class as its parents would get it; nothing is sent',
      may: 'classes:demonstrate',
      params: z.object({ id: opaqueId }),
      replies: {
        200: {
          description: 'What it would be, and to how many.',
          schema: z.object({ text: z.string(), recipients: z.int() }),
        },
      },
      problems: { 404: 'No such class.' },
      async handle({ params }, account, sight) {
        const found = seen(sight, await findDemoClass(pool, params.id));
        const text = demoText(found.name, found.teacherName);
        const recipients = found.guardians;
        await recordDemo(pool, { classId: found.classId, accountId: account.id, text, recipients });
        return { status: 200, body: { text, recipients } };
      },
    }),
  ];

  /** To a school only those of enough families: they count who confirmed. */
  async function reportsInSight(trial: Trial, role: AccountRole): Promise<TrialReport[]> {
    const reports = await listReports(pool, trial.id);
    return reports.filter(
      ({ facts }) => may(role, 'payers:see') || Math.min(trial.households, facts.families.all) >= FEWEST_FAMILIES,
    );
  }
}
