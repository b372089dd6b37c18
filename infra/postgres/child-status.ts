/** What CX tells of a child (spec §5). */
import type { Passage } from '../../workflows/domain/texts/index.ts';
import type { GuardiansChild, Mo } from './conversation.ts';
import type { Db } from './pool.ts';

/** What there is to tell of a child on the day of the text: passages of the gate, and the latest homework. */
export async function childStatus(
  db: Db,
  mo: Mo,
  child: GuardiansChild,
  zone: string,
): Promise<{ passages: Passage[]; homework: string | null }> {
  // One that its reader's clock dated ahead, by a day at most, is of the day it came.
  const passages = await db.query<Passage>(
    `select case when outcome <> 'ahead' then to_char(at at time zone $3, 'HH24:MI') end as time, dir
    from attendance cross join lateral (select case outcome when 'ahead' then recorded_at else at end as known_at) k
    cross join lateral (select date_trunc('day', $2::timestamptz, $3) as begins) today
    where student_id = $1 and outcome <> 'debounced' and at >= begins and at < begins + interval '2 days'
      and known_at >= begins and known_at < begins + interval '1 day'
    order by known_at`,
    [child.studentId, mo.receivedAt, zone],
  );
  const homework = await db.query<{ text: string }>(
    `select text from message
    where school_id = $1 and kind = 'homework' and state in ('sending', 'sent')
      and (audience -> 'classIds' ? $2 or audience -> 'studentIds' ? $3 or audience ->> 'schoolId' = $1)
    order by created_at desc limit 1`,
    [child.schoolId, child.classId, child.studentId],
  );
  return { passages: passages.rows, homework: homework.rows[0]?.text ?? null };
}
