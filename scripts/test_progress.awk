# What ctest prints, as it comes: on a terminal one line that tells how far it is, and otherwise only what failed, with its
# output. `terminal` is 1 on a terminal.

function clear_line() { if (terminal) printf "\r\033[K" }

/% tests passed/ { ended = 1 }
ended { next }
/^(Internal ctest|Test project|Errors while|Output from these|Use "--rerun)/ || /^ +Start +[0-9]+:/ { next }
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
  done++
  split($1, part, "/")
  if ($0 !~ /(Passed|\*\*\*Skipped) +[0-9.]+ sec/) {
    clear_line()
    print
  }
  if (terminal) { clear_line(); printf "%d of %d test programs, last %s", part[1], part[2], $4 }
  fflush()
  next
}
/^ *$/ { next }
{ clear_line(); print; fflush() }
END { clear_line() }
