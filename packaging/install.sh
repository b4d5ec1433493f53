#!/bin/sh
# install - puts the programs of this archive on this machine, under /usr/local. DESTDIR puts them below a folder, and
# then nothing else is changed. ./install --remove takes them away; settings, keys and logs stay.
#
# Exit status: 0 done, 1 failed, 2 used wrongly, 4 no permission.
set -eu
cd "$(dirname "$0")"
root=${DESTDIR-}
case ${1-} in
  '') verb=install ;;
  --remove) verb=remove ;;
  *) echo "usage: ./install [--remove]" >&2; exit 2 ;;
esac
if [ ! -w "${root:-/usr/local}" ]; then
  echo "install: ${root:-/usr/local} may not be written; run: sudo ./install" >&2
  exit 4
fi
list() { (cd tree && find . ! -type d | sed 's/^\.//'); }

if [ "$verb" = remove ]; then
  list | while IFS= read -r file; do rm -f "$root$file"; done
  echo "Removed the programs. Groups, keys and logs in /etc/ipop, /etc/ga, /var/lib/ipop and /var/lib/ga are kept."
  exit 0
fi
if [ -z "$root" ]; then
  release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  if [ "$release" != "@RELEASE@" ] || [ "$(dpkg --print-architecture)" != "@ARCHITECTURE@" ]; then
    echo "install: made for Debian @RELEASE@ on @ARCHITECTURE@, and this is $release; build it here: make install" >&2
    exit 1
  fi
  missing=$(while IFS= read -r name; do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done <packages | xargs)
  if [ -n "$missing" ]; then
    echo "Installing with apt-get: $missing"
    # shellcheck disable=SC2086  # words
    { apt-get update --quiet && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing; } >/dev/null ||
      { echo "install: apt-get could not install: $missing" >&2; exit 1; }
  fi
  getent group ga >/dev/null || groupadd --system ga
fi
# Directories that are there keep their rights.
(cd tree && find . -type d | sort) | while IFS= read -r folder; do
  [ -d "$root/$folder" ] || mkdir -m 755 "$root/$folder"
done
list | while IFS= read -r file; do
  rm -f "$root$file"
  cp -P -p "tree$file" "$root$file"
done
if [ -z "$root" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
echo "Installed $(list | wc -l) files. Next: ga status"
