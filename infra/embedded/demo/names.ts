/** Common surnames, the most common first. */
export const SURNAMES = [...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕'];

/** Given names of children as they are called today. */
export const CHILDREN = (
  '子涵 欣怡 浩然 雨桐 梓萱 宇轩 诗涵 俊杰 思雨 佳怡 一诺 子轩 雨欣 博文 可馨 天佑 梦琪 嘉豪 若曦 昊天 ' +
  '语嫣 明轩 小兵 晓彤 志远 静怡 泽宇 紫涵 文博 雅婷 承恩 心怡 家乐 婉清 晨曦 星辰 思远 芷若 立诚 乐瑶 ' +
  '睿 悦 涛 洁 磊 颖 鑫 婷 凯 萌'
).split(' ');

/** Given names of fathers. */
export const FATHERS = '建国 志强 伟 军 勇 海涛 建军 文斌 鹏 国栋 永刚 晓东 立新 振华 俊 宏伟 明 涛 学文 长春'.split(
  ' ',
);

/** Given names of mothers. */
export const MOTHERS = '丽 秀英 芳 娟 敏 静 艳 玉兰 晓梅 霞 红 燕 桂芳 雪 慧 春梅 琳 淑华 莉 玲'.split(' ');
