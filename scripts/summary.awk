# Sums up a JUnit file of ctest: what was skipped and why, what failed, a line a kind of test, and the count.
# Exit status 1 when something failed or nothing ran.

function attribute(name,   rest) {
  if (!match($0, " " name "=\"[^\"]*\"")) return ""
  rest = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
  return plain(rest)
}
function plain(text) {
  gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "'", text)
  gsub(/&amp;/, "\\&", text)
  return text
}
function finish(   kind) {
  kind = name
  sub(/_.*/, "", kind)
  if (!(kind in seen)) { seen[kind] = 1; order[++kinds] = kind }
  if (state == "skipped") {
    total_skipped++
    if (message != "" && message !~ /^SKIP_RETURN_CODE/) last = message
    notes_skipped = notes_skipped "skipped  " name ": " (last == "" ? "no reason given" : last) "\n"
    sub(name ": skip(ped)?: ", name ": ", notes_skipped)
  } else if (state == "broken") {
    bad += 1
    notes_failed = notes_failed "FAILED   " name ": " message "\n"
  } else {
    if (good + bad + skips == 0) { if (state == "fail") bad = 1; else good = 1 }
    if (state == "fail" && bad == 0) bad = 1
    total_skipped += skips
    if (bad) notes_failed = notes_failed "FAILED   " name (good + bad > 1 ? ": " bad " of " good + bad : "") "\n"
  }
  passed[kind] += good
  total_passed += good; total_failed += bad
}

/<testcase / {
  name = attribute("name"); state = attribute("status"); message = ""; last = ""
  good = bad = skips = 0
}
# ctest calls a program that it could not start "notrun" as well; that is a failure of the build.
/<skipped / { message = attribute("message"); state = message ~ /^SKIP_|SKIP_REGULAR/ ? "skipped" : "broken" }
{
  line = $0
  sub(/^.*<system-out>/, "", line); sub(/<\/system-out>.*$/, "", line)
  line = plain(line)
  gsub(/\033\[[0-9;]*m/, "", line)
  if (line ~ /^\[doctest\] test cases:/) {
    split(line, part, "|")
    good += part[2] + 0; bad += part[3] + 0
  } else if (line ~ /^ok [0-9]+ .*# [sS][kK][iI][pP]/) {
    skips++
    reason = line; sub(/^.*# [sS][kK][iI][pP] */, "", reason); if (reason ~ /^\(.*\)$/) reason = substr(reason, 2, length(reason) - 2)
    title = line; sub(/^ok [0-9]+ /, "", title); sub(/ *# [sS][kK][iI][pP].*/, "", title)
    notes_skipped = notes_skipped "skipped  " name ": " title ": " (reason == "" ? "no reason given" : reason) "\n"
  } else if (line ~ /^ok [0-9]+/) good++
  else if (line ~ /^not ok [0-9]+/) bad++
  if (line !~ /^[ \t]*(<|$)/) last = line
}
/<\/testcase>/ { finish() }
END {
  printf "%s%s", notes_skipped, notes_failed
  for (i = 1; i <= kinds; i++) text = text (i > 1 ? ", " : "") order[i] " " passed[order[i]]
  print "passed:  " text
  printf "%d passed, %d failed, %d skipped\n", total_passed, total_failed, total_skipped
  exit total_failed > 0 || total_passed == 0
}
