# next_keys.awk - what the sources given may print behind `next:`, a line each: FILE<tab>TEXT, with * for what is put in at
# run time. A call of suggest() is one text: its literals in the order in which they stand.
function literals(text,    out, c, i, inside, gap) {
  out = ""; inside = 0; gap = 0
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (inside) {
      if (c == "\\") { out = out substr(text, i + 1, 1); i++ }
      else if (c == "\"") { inside = 0; gap = 0 }
      else out = out c
    } else if (c == "\"") {
      if (gap && out !~ /\*$/) out = out "*"
      inside = 1
    } else if (c !~ /[ \n\t+()]/) gap = 1
    if (!inside && out == "" && gap) out = "*"
  }
  if (gap && out !~ /\*$/) out = out "*"
  return out
}
function argument(text, at,    depth, i, c, inside, from) { # of the call whose "(" is at `at`, without the first one
  depth = 0; inside = 0; from = 0
  for (i = at; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (inside) {
      if (c == "\\") i++
      else if (c == "\"") inside = 0
    } else if (c == "\"") inside = 1
    else if (c == "(") depth++
    else if (c == ")" && --depth == 0) return substr(text, from, i - from)
    else if (c == "," && depth == 1 && !from) from = i + 1
  }
  return ""
}
function scan(    at, rest, key) {
  rest = all
  while ((at = index(rest, "suggest(")) > 0) {
    rest = substr(rest, at + 7)
    key = literals(argument(rest, 1))
    if (key != "") print file "\t" key
  }
  rest = all
  while (match(rest, /next: [^"\\]+\\n"/)) {
    print file "\t" substr(rest, RSTART + 6, RLENGTH - 9)
    rest = substr(rest, RSTART + RLENGTH)
  }
}
FNR == 1 { if (file != "") scan(); file = FILENAME; all = "" }
{ sub(/^[ \t]*\/\/.*$/, ""); all = all $0 "\n" }
END { scan() }
