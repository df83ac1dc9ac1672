/** What the server says is wrong with a value, in the words of people. */

const WORDS: [RegExp, string][] = [
  [/^Expected `str` of length >= 1$/, "This must not be empty."],
  [/^Expected `str` of length >= (\d+)$/, "This needs at least $1 characters."],
  [/^Expected `(?:str|array)` of length <= (\d+)$/, "This may have at most $1."],
  [/^Expected `str` matching regex .*$/, "There are characters in it that are not allowed here."],
  [/^Object missing required field `(\w+)`$/, "$1 is missing."],
  [/^Expected `\w+`, got `null`$/, "This must be chosen."],
  [/^Invalid enum value (.*)$/, "$1 is none of the values that there are."],
];

export function wordsOfError(message: string): string {
  for (const [pattern, words] of WORDS) {
    if (pattern.test(message)) return message.replace(pattern, words);
  }
  return message;
}
