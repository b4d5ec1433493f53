# shellcheck shell=bash
# What the tests of ga-layer share: a signer, a small base, a store of their own.

layer_setup() {
  DIR=${1:-$BATS_TEST_TMPDIR}
  STORE=$DIR/store
  mkdir -p "$DIR/trust" "$STORE/images"
  signer site
  cp "$DIR/site.pem" "$DIR/trust/"
}

# Mounts that a test left, the last one first; only those below its own directory.
layer_teardown() {
  local place
  for place in $(awk -v dir="$DIR/" 'index($5, dir) == 1 {print $5}' /proc/self/mountinfo | tac); do
    umount "$place" || fusermount3 -u "$place"
  done
  [[ $DIR == "$BATS_TEST_TMPDIR" ]] || rm -rf --one-file-system "$DIR"
}

needs_root() { ((EUID == 0)) || skip "mounting through the kernel needs root"; }

# signer NAME [DAYS]: NAME.key and NAME.pem
signer() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$DIR/$1.key" -out "$DIR/$1.pem" \
    -days "${2:-3650}" -subj "/CN=$1" 2>/dev/null
  chmod 600 "$DIR/$1.key"
}

layer() { "$GA_BIN/ga-layer" --store "$STORE" --trust "$DIR/trust" "$@"; }
# released NAME [OPTION...]: signed by the site
released() { layer release "$@" --key "$DIR/site.key" --certificate "$DIR/site.pem"; }

# A base as small as one can be that has something of each kind.
make_base() {
  local base=$DIR/base
  mkdir -p "$base"/{bin,etc/ssh,var/log,old,tmp}
  chmod 1777 "$base/tmp"
  echo root >"$base/etc/passwd"
  echo 0123 >"$base/etc/machine-id"
  echo program >"$base/bin/first"
  ln "$base/bin/first" "$base/bin/second"
  echo o >"$base/old/o"
}
use_base() {
  make_base
  released debian --tree "$DIR/base" --base 2>/dev/null
}

# tree_of DIRECTORY: everything of it that a layer keeps, one name a line.
tree_of() (
  cd "$1" && find . -printf '%y %m %U:%G %l %P\n' | LC_ALL=C sort -k5
  find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
  # Overlayfs' marks of an image show in the tree; getfattr complains of names that have none, as a device.
  find . -print0 | LC_ALL=C sort -z |
    xargs -0r getfattr -h -d -m '^(user\.[^o]|security|system)' 2>/dev/null || true
)
