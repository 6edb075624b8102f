/**
 * Says whether a text fits a pattern in which `*` stands for any run of characters and everything
 * else for itself. Takes at most length of text times length of pattern steps: there is no pattern
 * that blows up.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    if (at < pattern.length && pattern[at] === "*") {
      star = at++;
      resume = index;
    } else if (at < pattern.length && pattern[at] === text[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      // The last star takes one more character.
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  while (at < pattern.length && pattern[at] === "*") at++;
  return at === pattern.length;
}
