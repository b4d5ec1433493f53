#!/usr/bin/env bash
# The commands of the README's first two machines, as they stand there: each line that begins with "# " between its
# marks is run, on machines of their own. Replaced are the address of the first machine, and TOKEN.
#
#   two -- [home: cone] -- internet -- one
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server one
make_site home 192.168.1 cone
make_host two home

# A machine of its own for each host: /etc, /run and /var/lib are not this machine's, and systemd does not run.
declare -A machine=()
for host in one two; do
  # shellcheck disable=SC2016  # for the bash inside
  (exec ip netns exec "$internet-$host" bash -c '
    mount -t tmpfs none /run && mkdir -p /run/etc /run/work &&
    mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work none /etc &&
    mount -t tmpfs none /var/lib && touch /run/made && exec sleep 1000') >/dev/null 2>&1 </dev/null &
  machine[$host]=$!
  disown
done
# Runs one line of the README, and nothing at all when that is still this machine.
on() { # HOST LINE
  # shellcheck disable=SC2016
  nsenter --target "${machine[$1]}" --mount --net env "PATH=$bin:$PATH" \
    bash -c '[ -e /run/made ] || exit 99; eval "$1"' on "$2"
}
commands() { # MARK
  sed -n "/^<!-- $1 -->/,/^<!-- \/$1 -->/s/^# //p" "$here/../../README.md" |
    sed "s/198\.51\.100\.7/${public_of[one]}/g; s/TOKEN/${token-}/g"
}
run_all() { # HOST MARK
  local line
  while read -r line <&7; do
    on "$1" "$line" >"$run/out" 2>"$run/err" </dev/null 7<&-
    result $? "on $1: $line"
    ((failures)) && sed 's/^/# /' "$run/out" "$run/err"
    # What the next line needs is there a moment later, for a person who types; on the second machine it waits itself.
    [[ $1 == one && $line == ipop-node*'&' ]] && within 10 "its node answers" on "$1" "ipop-ctl status"
    token=$(grep -h '^ga1-' "$run/out" || echo "${token-}")
  done 7< <(commands "$2")
}
for host in one two; do within 5 "$host is a machine of its own" on "$host" true; done
((failures == 0)) || finish

is "the README has commands for the first machine" 3 "$(commands first | wc -l)"
run_all one first
holds "new printed a token" test -n "$token"
is "the README has commands for the second machine" 6 "$(commands second | wc -l)"
run_all two second
is "two is among the members" two "$(on two 'ipop-dns reverse $(ipop-ctl wait lease)' | cut -d. -f1)"

on two "ga-group leave lab" >"$run/out" 2>"$run/err"
is "two leaves" 0 $?
holds "the way back keeps the name" grep -qE -- 'next: mv .* --hostname two &' "$run/err"
status=0
on two "ga status" >"$run/out" 2>&1 || status=$?
is "at once this machine is in no group" "3 next: ga-group join TOKEN" "$status $(grep -o 'next: ga-group join TOKEN' "$run/out")"
((failures)) && sed 's/^/# /' "$run/out" "$run/err"
finish
