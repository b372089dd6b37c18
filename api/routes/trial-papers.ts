import { z } from 'zod';
import type { Carriers } from '../../infra/carriers.ts';
import type { AccountRole } from '../../infra/postgres/accounts.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { findDemoClass, recordDemo, slipsOf } from '../../infra/postgres/trial-papers.ts';
import { listReports } from '../../infra/postgres/trial-reports.ts';
import { MESSAGE_KINDS } from '../../workflows/domain/message-kinds.ts';
import { demoText, notice1Page } from '../../workflows/domain/notices.ts';
import { notice2Due } from '../../workflows/domain/trial.ts';
import { weeklyReportPage } from '../../workflows/domain/weekly-report.ts';
import { opaqueId, wholeNumber } from '../fields.ts';
import { Problem } from '../problem.ts';
import { printed } from '../printed.ts';
import { route, type Route } from '../route.ts';
import { schoolOf } from '../school.ts';
import { ofTrial, trialPath, visibleTrial } from './trials.ts';

/** Slips name families and their phones: for those who hand them out and collect them. */
const SLIP_READERS: readonly AccountRole[] = ['school-admin', 'agent', 'customer-service'];
const REPORT_READERS: readonly AccountRole[] = [...SLIP_READERS, 'carrier-admin'];
const KIND_NAMES = new Map(MESSAGE_KINDS.map(({ id, zh }) => [id, zh]));

/** What is printed of a trial, and the demonstration before it. */
export function trialPaperRoutes({ pool, carriers }: { pool: Pool; carriers: Carriers }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/trials/:id/notice',
      operationId: 'printNotice',
      summary: 'Notice 1 with a slip for each family that has not answered, to be printed (HTML)',
      roles: SLIP_READERS,
      params: trialPath,
      audit: ofTrial,
      replies: { 200: { description: 'The page.', schema: null } },
      problems: { 404: 'No such trial.', 409: 'The trial goes on, or the principal has not approved.' },
      async handle({ params }, account) {
        const trial = await visibleTrial(pool, account, params.id);
        if (!trial.notice1At) throw new Problem(409, 'The trial goes on, or the principal has not approved.');
        const profile = carriers.profile(trial.tenant, trial.startedAt.getTime());
        const at = trial.notice1At.getTime();
        const notice = {
          school: trial.schoolName,
          className: trial.className,
          at,
          returnBy: notice2Due(at, trial.endsAt.getTime(), profile.zone),
          slips: await slipsOf(pool, trial, profile.billingUnit),
        };
        return printed(notice1Page(notice, profile));
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/trials/:id/reports',
      operationId: 'listTrialReports',
      summary: 'The weekly reports so far',
      roles: REPORT_READERS,
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
      async handle({ params }, account) {
        const trial = await visibleTrial(pool, account, params.id);
        const reports = await listReports(pool, trial.id);
        return { status: 200, body: { reports: reports.map(({ number, from, until }) => ({ number, from, until })) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/trials/:id/reports/:number',
      operationId: 'printTrialReport',
      summary: 'A weekly report, to be printed (HTML)',
      roles: REPORT_READERS,
      params: trialPath.extend({ number: wholeNumber(1, 1000) }),
      replies: { 200: { description: 'The page.', schema: null } },
      problems: { 404: 'No such trial or report.' },
      async handle({ params }, account) {
        const trial = await visibleTrial(pool, account, params.id);
        const report = (await listReports(pool, trial.id)).find(({ number }) => number === params.number);
        if (!report) throw Problem.field(404, 'number', 'no such report');
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
      roles: ['teacher', 'school-admin'],
      params: z.object({ id: opaqueId }),
      replies: {
        200: {
          description: 'What it would be, and to how many.',
          schema: z.object({ text: z.string(), recipients: z.int() }),
        },
      },
      problems: { 404: 'No such class.' },
      async handle({ params }, account) {
        const school = await schoolOf(pool, account);
        const found = await findDemoClass(pool, params.id);
        if (!found) throw Problem.field(404, 'id', 'no such class');
        if (found.schoolId !== school.id) throw Problem.field(403, 'id', 'is another school’s');
        const text = demoText(found.name, found.teacherName);
        const recipients = found.guardians;
        await recordDemo(pool, { classId: found.id, accountId: account.id, text, recipients });
        return { status: 200, body: { text, recipients } };
      },
    }),
  ];
}
