#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <doctest/doctest.h>

#include "layerfs/mounting.hpp"
#include "layerfs/tree_editor.hpp"
#include "layerfs/tree_reader.hpp"
#include "layerfs/tree_writer.hpp"

using namespace ipop;
using namespace ipop::layerfs;

namespace {

class TreeScratch {
 public:
  TreeScratch() : path_(::mkdtemp(name_.data())) {}
  ~TreeScratch() { std::filesystem::remove_all(path_); }
  TreeScratch(const TreeScratch&) = delete;
  TreeScratch& operator=(const TreeScratch&) = delete;
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + '/' + std::string(name); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string name_ = "/tmp/ga-layerfs.XXXXXX";
  std::string path_;
};

void write_text(const std::string& path, std::string_view text) {
  std::ofstream(path) << text;
}

/// A tree with files, links of both kinds, and a name that is no text.
void fill_tree(const TreeScratch& scratch) {
  std::filesystem::create_directories(scratch / "a/b");
  write_text(scratch / "a/first", "one");
  std::filesystem::create_hard_link(scratch / "a/first", scratch / "a/second");
  std::filesystem::create_symlink("../../etc", scratch / "a/out");
  write_text(scratch / "z\n\xff", "odd");
}

std::string path_list(const Tree& tree) {
  std::string out;
  for (const layers::Entry& entry : tree.entries)
    out += static_cast<char>(entry.kind) + layers::shown_path(entry.path) + ' ';
  return out;
}

}  // namespace

TEST_CASE("a tree is read as a list, and written as the same tree") {
  const TreeScratch from;
  const TreeScratch to;
  fill_tree(from);
  const auto tree = read_tree(from.path(), Digests::files);
  REQUIRE(tree.has_value());
  CHECK(path_list(*tree) == "d. da da/b fa/first la/out ha/second fz\\x0a\\xff ");
  CHECK(tree->problems.empty());
  const auto source = open_directory(from.path());
  const auto target = open_directory(to.path());
  REQUIRE(write_tree(target->get(), tree->entries, copying_from(source->get())).has_value());
  const auto copy = read_tree(to.path(), Digests::files);
  CHECK(differences(*copy, tree->entries, false).empty());
  CHECK(std::filesystem::hard_link_count(to / "a/second") == 2);
}

TEST_CASE("what changed since a tree was read is named") {
  const TreeScratch scratch;
  fill_tree(scratch);
  const auto tree = read_tree(scratch.path(), Digests::files);
  CHECK(changed_since(scratch.path(), *tree)->empty());
  std::ofstream(scratch / "a/first", std::ios::app) << "more";
  write_text(scratch / "new", "");
  std::filesystem::remove(scratch / "a/out");
  const auto changed = *changed_since(scratch.path(), *tree);
  CHECK(std::ranges::find(changed, "a/first") != changed.end());
  CHECK(std::ranges::find(changed, "a/second") != changed.end());
  CHECK(std::ranges::find(changed, "a/out") != changed.end());
  CHECK(std::ranges::find(changed, "new") != changed.end());
  CHECK(std::ranges::find(changed, "a/b") == changed.end());
}

TEST_CASE("a copy whose octets are not those of the list is refused") {
  const TreeScratch from;
  const TreeScratch to;
  fill_tree(from);
  const auto tree = read_tree(from.path(), Digests::files);
  write_text(from / "a/first", "two");
  const auto source = open_directory(from.path());
  const auto target = open_directory(to.path());
  const auto written = write_tree(target->get(), tree->entries, copying_from(source->get()));
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().message() == "a/first: changed while it was read");
}

TEST_CASE("S12: a name below a link is not opened, whoever put the link there") {
  const TreeScratch scratch;
  const TreeScratch outside;
  write_text(outside / "f", "theirs");
  std::filesystem::create_symlink(outside.path(), scratch / "d");
  std::filesystem::create_symlink(outside / "f", scratch / "l");
  const auto root = open_directory(scratch.path());
  CHECK_FALSE(open_beneath(root->get(), "d/f", O_RDONLY).has_value());
  CHECK_FALSE(open_beneath(root->get(), "l", O_RDONLY).has_value());
  CHECK_FALSE(open_beneath(root->get(), "../x", O_RDONLY).has_value());
  CHECK_FALSE(open_beneath(root->get(), outside / "f", O_RDONLY).has_value());
  CHECK_FALSE(place_of(root->get(), "d/x").has_value());
  CHECK_FALSE(remove_traces(scratch.path(), {{"d/f", "keys", layers::TraceRemedy::remove, 0}}).has_value());
  CHECK(std::filesystem::exists(outside / "f"));
}

TEST_CASE("the table of mounts is read with odd names, and lines that are none are left out") {
  const auto mounts = parse_mounts(
      "36 35 98:0 / /with\\040space rw,noatime master:1 - ext4 /dev/root rw,errors=continue\n"
      "no line\n"
      "37 36 0:30 / /m rw - overlay ga-layer rw,lowerdir=/s/mounts/a-1,upperdir=/s/home/up,workdir=/s/home/wk\n");
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].where == "/with space");
  CHECK(mounts[0].type == "ext4");
  CHECK(mounted_over(mounts, "/s/home/up") == "/m");
  CHECK(mounted_over(mounts, "/s/home").empty());
}
