/** What a school's people write to parents about (spec §3.1), and each school type's own menu (seed S 3.1). */
export type SchoolKind = 'kindergarten' | 'primary' | 'junior' | 'senior' | 'vocational';

/** One entry of the menu. */
export interface MessageKind {
  /** What the API and the database call it; stable. */
  id: string;
  zh: string;
  en: string;
  schools: readonly SchoolKind[];
}

const ALL: readonly SchoolKind[] = ['kindergarten', 'primary', 'junior', 'senior', 'vocational'];
/** A kindergarten sets no homework and holds no examinations. */
const WITH_LESSONS = ALL.filter((kind) => kind !== 'kindergarten');

/** Every kind, in the order a menu shows them. */
export const MESSAGE_KINDS: readonly MessageKind[] = [
  { id: 'homework', zh: '家庭作业', en: 'Homework', schools: WITH_LESSONS },
  { id: 'performance', zh: '在校表现', en: 'Performance in class', schools: ALL },
  { id: 'comment', zh: '操行评语', en: 'Conduct comment', schools: ALL },
  { id: 'score', zh: '考试成绩', en: 'Scores', schools: WITH_LESSONS },
  { id: 'status', zh: '近期状况', en: 'Recent status', schools: ALL },
  { id: 'notice', zh: '校班通知', en: 'School and class notice', schools: ALL },
  { id: 'attendance', zh: '考勤', en: 'Attendance', schools: ALL },
  { id: 'health', zh: '健康', en: 'Health', schools: ALL },
  { id: 'moral-evaluation', zh: '德育评价', en: 'Moral evaluation', schools: ALL },
  { id: 'homeroom-note', zh: '班主任留言', en: 'Homeroom teacher’s note', schools: ALL },
  { id: 'news', zh: '校园动态', en: 'School news', schools: ALL },
  { id: 'parenting', zh: '家教资讯', en: 'Parenting advice', schools: ['kindergarten', 'primary', 'junior'] },
  { id: 'menu', zh: '每日食谱', en: 'Daily menu', schools: ['kindergarten', 'primary'] },
  { id: 'reminder', zh: '生活提醒', en: 'Everyday reminder', schools: ['kindergarten'] },
  { id: 'growth-log', zh: '成长日志', en: 'Growth log', schools: ['primary', 'junior'] },
  { id: 'puberty', zh: '青春期知识', en: 'Puberty', schools: ['junior'] },
  { id: 'college-entrance', zh: '高考资讯', en: 'College entrance', schools: ['senior'] },
  { id: 'psychology', zh: '心理常识', en: 'Psychology', schools: ['senior'] },
  { id: 'nutrition', zh: '饮食营养', en: 'Nutrition', schools: ['senior'] },
  { id: 'college-news', zh: '高校动态', en: 'College news', schools: ['senior'] },
  { id: 'careers', zh: '就业信息', en: 'Careers', schools: ['vocational'] },
];

/** The menu of a school of this type. */
export function menuOf(school: SchoolKind): MessageKind[] {
  return MESSAGE_KINDS.filter(({ schools }) => schools.includes(school));
}
