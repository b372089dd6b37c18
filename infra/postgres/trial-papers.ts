/** What is printed and shown of a trial: slips of notice 1, the demonstration. */
import type { Db } from './pool.ts';
import type { Trial } from './trials.ts';
import type { Slip } from '../../workflows/domain/notices.ts';

/** A slip for each household of which somebody has not answered; its number is the household's id. */
export async function slipsOf(db: Db, trial: Trial, billingUnit: 'household' | 'payer'): Promise<Slip[]> {
  const { rows } = await db.query<Slip>(
    `select f.household_id as number,
      array_agg(distinct s.name order by s.name) as children,
      jsonb_agg(distinct jsonb_build_object('name', g.name, 'phone', g.phone)) as guardians
    from student s join guardianship gs on gs.student_id = s.id join guardian g on g.id = gs.guardian_id
    join trial_family_state f
      on f.tenant = g.tenant and f.unit = case $3 when 'household' then g.household_id else g.id end
    where s.class_id = $2 and f.trial_id = $1 and f.state = 'unanswered'
    group by f.household_id order by min(s.name), f.household_id`,
    [trial.id, trial.classId, billingUnit],
  );
  return rows;
}

/**
 * A slip for each household of the class, whatever it has and answered: who is handed one in class, and who is not, must
 * not tell who pays.
 */
export async function slipsOfClass(db: Db, classId: string): Promise<Slip[]> {
  const { rows } = await db.query<Slip>(
    `select g.household_id as number,
      array_agg(distinct s.name order by s.name) as children,
      jsonb_agg(distinct jsonb_build_object('name', g.name, 'phone', g.phone)) as guardians
    from student s join guardianship gs on gs.student_id = s.id join guardian g on g.id = gs.guardian_id
    where s.class_id = $1 group by g.household_id order by min(s.name), g.household_id`,
    [classId],
  );
  return rows;
}

/** A class with its homeroom teacher and how many guardians a text to it reaches. */
export interface DemoClass {
  classId: string;
  tenant: string;
  name: string;
  schoolId: string;
  teacherName: string;
  guardians: number;
}

/** The class, if there is one. */
export async function findDemoClass(db: Db, classId: string): Promise<DemoClass | undefined> {
  const { rows } = await db.query<DemoClass>(
    `select c.id as "classId", c.tenant, c.name, c.school_id as "schoolId", t.name as "teacherName", (
        select count(distinct gs.guardian_id) from student s join guardianship gs on gs.student_id = s.id
        where s.class_id = c.id) as guardians
    from class c join teacher t on t.id = c.homeroom_teacher_id where c.id = $1`,
    [classId],
  );
  return rows[0];
}

/** Records that the class was shown the demonstration. */
export async function recordDemo(
  db: Db,
  demo: { classId: string; accountId: string; text: string; recipients: number },
): Promise<void> {
  await db.query('insert into trial_demo (class_id, account_id, text, recipients) values ($1, $2, $3, $4)', [
    demo.classId,
    demo.accountId,
    demo.text,
    demo.recipients,
  ]);
}
