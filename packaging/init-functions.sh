# shellcheck shell=sh
# init-functions - what the init scripts of this project have in common; they read it.
#
# A daemon NAME has its process id in /run/NAME.pid and its log in /var/log/NAME.log. Statuses are those of the Linux
# Standard Base: 3 it does not run, 5 there is no program, 6 nothing is configured.
run=/run logs=/var/log
# The rights that files of a daemon lack; its log is root's in any case.
mask=077

# daemon_runs NAME PROGRAM
daemon_runs() { start-stop-daemon --status --pidfile "$run/$1.pid" --exec "$2"; }

# start_daemon NAME PROGRAM ARGUMENTS... - one that runs already is left alone. Done when the process is the program: a
# stop that comes before would not find it.
start_daemon() {
  name=$1 program=$2
  shift 2
  [ -x "$program" ] || { echo "$name: $program is missing" >&2; return 5; }
  if daemon_runs "$name" "$program"; then return 0; fi
  (umask 077 && : >>"$logs/$name.log") || return 1
  start-stop-daemon --start --quiet --background --umask "$mask" --make-pidfile --pidfile "$run/$name.pid" \
    --output "$logs/$name.log" --exec "$program" -- "$@" || return 1
  tries=0
  until daemon_runs "$name" "$program"; do
    tries=$((tries + 1))
    # What ended at once has said why in its log.
    [ "$tries" -lt 100 ] && kill -0 "$(cat "$run/$name.pid")" 2>/dev/null || return 0
    sleep 0.05
  done
}

# stop_daemon NAME PROGRAM SECONDS - asks it to end; after so many seconds it is ended.
stop_daemon() {
  start-stop-daemon --stop --quiet --oknodo --retry "TERM/$3/KILL/5" --remove-pidfile --pidfile "$run/$1.pid" --exec "$2"
}

# not_configured NAME WHAT_TO_DO
not_configured() {
  echo "$1: not configured; $2" >&2
  return 6
}

# To start again what runs; a script may have its own.
again() { stop && start; }

# usage NAME - of the verbs that every script has.
usage() {
  echo "usage: $1 start|stop|restart|try-restart|force-reload|status" >&2
  return 2
}
