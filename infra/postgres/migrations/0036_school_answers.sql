-- Up Migration
-- A principal writes too, and gets no answers on a phone: they go where the school says.

-- Null: to the homeroom teacher of each family's child.
alter table message alter column teacher_id drop not null;
-- Who gets the answers to what is written for the school; null: the child's homeroom teacher.
alter table school add column answers_teacher_id text,
  add foreign key (answers_teacher_id, id) references teacher (id, school_id);

-- Down Migration
alter table school drop column answers_teacher_id;
update message m set teacher_id = (select min(t.id) from teacher t where t.school_id = m.school_id)
where teacher_id is null;
alter table message alter column teacher_id set not null;
