#include "layers/merged_view.hpp"

#include <doctest/doctest.h>

#include "layers/difference.hpp"

using namespace ipop;
using namespace ipop::layers;

namespace {

Entry entry_at(const char* path, EntryKind kind = EntryKind::directory) {
  Entry entry;
  entry.path = path;
  entry.kind = kind;
  entry.mode = 0755;
  return entry;
}

Entry file_at(const char* path, std::string_view octets) {
  Entry entry = entry_at(path, EntryKind::file);
  entry.size = octets.size();
  entry.digest = crypto::sha256(as_bytes(octets));
  return entry;
}

Entry link_at(const char* path, const char* first) {
  Entry entry = entry_at(path, EntryKind::hard_link);
  entry.target = first;
  return entry;
}

std::vector<Entry> base_layer() {
  return {entry_at("."),         entry_at("d"),      file_at("d/a", "one"),      file_at("d/b", "two"),
          entry_at("e"),         entry_at("e/sub"),  file_at("e/sub/x", "deep"), file_at("f", "same"),
          file_at("h1", "link"), link_at("h2", "h1")};
}

std::string names_of(const MergedView& view) {
  std::string out;
  for (const auto& [path, seen] : view.names())
    out += (out.empty() ? "" : " ") + path;
  return out;
}

std::string text_of(const std::vector<Change>& changes) {
  std::string out;
  for (const Change& change : changes)
    out += std::string(to_string(change.kind)) + ' ' + change.path + ' ' + std::to_string(change.before) + '>' +
           std::to_string(change.after) + '\n';
  return out;
}

MergedView view_of(std::initializer_list<std::vector<Entry>> layers) {
  MergedView out;
  for (const auto& layer : layers)
    out.add_layer(layer);
  return out;
}

}  // namespace

TEST_CASE("a whiteout hides a name with all below it") {
  CHECK(names_of(view_of({base_layer(), {entry_at("."), entry_at("d", EntryKind::whiteout)}})) ==
        ". e e/sub e/sub/x f h1 h2");
}

TEST_CASE("a directory merges with the one below it, an opaque one hides that, and a file covers it") {
  const std::vector<Entry> merges{entry_at("."), entry_at("d"), file_at("d/c", "new")};
  CHECK(names_of(view_of({base_layer(), merges})) == ". d d/a d/b d/c e e/sub e/sub/x f h1 h2");
  auto hides = merges;
  hides[1].opaque = true;
  CHECK(names_of(view_of({base_layer(), hides})) == ". d d/c e e/sub e/sub/x f h1 h2");
  CHECK(names_of(view_of({base_layer(), {entry_at("."), file_at("e", "")}})) == ". d d/a d/b e f h1 h2");
}

TEST_CASE("a moved directory brings what it holds below, by a name beside it or by its path") {
  std::vector<Entry> moved{entry_at("."), entry_at("e", EntryKind::whiteout), entry_at("g")};
  moved[2].redirect = "e";
  CHECK(names_of(view_of({base_layer(), moved})) == ". d d/a d/b f g g/sub g/sub/x h1 h2");
  // Its directory moved in its turn, and the name within.
  std::vector<Entry> nested{entry_at("."), entry_at("e", EntryKind::whiteout), entry_at("g"), entry_at("g/was")};
  nested[2].redirect = "/e";
  nested[3].redirect = "sub";
  nested.push_back(entry_at("g/sub", EntryKind::whiteout));
  std::swap(nested[3], nested[4]);
  CHECK(names_of(view_of({base_layer(), nested})) == ". d d/a d/b f g g/was g/was/x h1 h2");
}

TEST_CASE("a difference names what is added, changed and hidden, with its octets") {
  const MergedView below = view_of({base_layer()});
  Entry a = file_at("d/a", "three");
  std::vector<Entry> upper{entry_at("."),
                           entry_at("d"),
                           a,
                           entry_at("e", EntryKind::whiteout),
                           file_at("f", "same"),
                           file_at("n", "brand new")};
  CHECK(text_of(changes_of(upper, below)) == "changed d/a 3>5\nhidden e 4>0\nadded n 0>9\n");
  const ChangeSums sums = sum_up(changes_of(upper, below));
  CHECK(sums.added == 1);
  CHECK(sums.changed_octets == 5);
  CHECK(sums.hidden_octets == 4);
}

TEST_CASE("a whiteout of nothing is no difference, and an opaque directory hides what it does not name") {
  const MergedView below = view_of({base_layer()});
  CHECK(changes_of(std::vector<Entry>{entry_at("."), entry_at("zz", EntryKind::whiteout)}, below).empty());
  std::vector<Entry> upper{entry_at("."), entry_at("e")};
  upper[1].opaque = true;
  CHECK(text_of(changes_of(upper, below)) == "hidden e/sub 4>0\n");
  CHECK(text_of(changes_of(std::vector<Entry>{entry_at("."), file_at("e", "")}, below)) ==
        "changed e 0>0\nhidden e/sub 4>0\n");
}

TEST_CASE("another owner, mode or attribute is a change that says so") {
  const MergedView below = view_of({base_layer()});
  Entry f = file_at("f", "same");
  f.mode = 04755;
  auto changes = changes_of(std::vector<Entry>{entry_at("."), f}, below);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].what == "another mode");
}

TEST_CASE("a file that was changed under one of its names leaves the other behind, and is named") {
  const MergedView below = view_of({base_layer()});
  const auto broken = find_broken_links(std::vector<Entry>{entry_at("."), file_at("h1", "changed")}, below);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].changed == "h1");
  CHECK(broken[0].left_behind == "h2");
  CHECK(find_broken_links(std::vector<Entry>{entry_at("."), file_at("h2", "changed")}, below)[0].left_behind == "h1");
  // Both names stand above, or the other one was removed.
  CHECK(find_broken_links(std::vector<Entry>{entry_at("."), file_at("h1", "changed"), link_at("h2", "h1")}, below)
            .empty());
  CHECK(find_broken_links(
            std::vector<Entry>{entry_at("."), file_at("h1", "changed"), entry_at("h2", EntryKind::whiteout)}, below)
            .empty());
}
