#include "layers/manifest.hpp"

#include <doctest/doctest.h>

#include "layers/path_text.hpp"

using namespace ipop;
using namespace ipop::layers;

namespace {

Entry named_entry(EntryKind kind, std::string path) {
  Entry entry;
  entry.kind = kind;
  entry.path = std::move(path);
  entry.mode = kind == EntryKind::hard_link || kind == EntryKind::whiteout ? 0 : 0755;
  return entry;
}

Manifest sample_manifest() {
  Manifest out;
  out.name = "tools";
  out.number = 7;
  out.made = {1'800'000'000};
  out.payload_size = 4096;
  out.payload = crypto::sha256(as_bytes("image"));
  Entry file = named_entry(EntryKind::file, "a/f\n\xff \\");
  file.mode = 04755;
  file.uid = 1000;
  file.gid = 100;
  file.size = 3;
  file.digest = crypto::sha256(as_bytes("abc"));
  file.attributes = {{"security.capability", std::string("\1\0\0\2", 4)}, {"user.a,b=c", ""}};
  Entry link = named_entry(EntryKind::hard_link, "a/g");
  link.target = file.path;
  Entry symbolic = named_entry(EntryKind::symbolic_link, "a/h");
  symbolic.target = "../../etc/pass wd";
  Entry moved = named_entry(EntryKind::directory, "b");
  moved.opaque = true;
  moved.redirect = "/old/place";
  Entry device = named_entry(EntryKind::block_device, "c");
  device.device_major = 7;
  device.device_minor = 300;
  out.entries = {named_entry(EntryKind::directory, "."),
                 named_entry(EntryKind::directory, "a"),
                 file,
                 link,
                 symbolic,
                 moved,
                 device,
                 named_entry(EntryKind::fifo, "d"),
                 named_entry(EntryKind::socket, "e"),
                 named_entry(EntryKind::whiteout, "f")};
  return out;
}

/// The sample with one entry more, put where it belongs.
Result<Manifest> parsed_with(const Entry& entry) {
  Manifest manifest = sample_manifest();
  manifest.entries.push_back(entry);
  return parse_manifest(to_string(manifest), "m");
}

}  // namespace

TEST_CASE("a manifest is read as it was written, with every kind of name in it") {
  const Manifest manifest = sample_manifest();
  const std::string text = to_string(manifest);
  const auto parsed = parse_manifest(text, "m");
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message());
  CHECK(*parsed == manifest);
  CHECK(to_string(*parsed) == text);
  CHECK(text.find("f 4755 1000 100 3:ba7816bf") != std::string::npos);
  CHECK(text.find("a/f\\x0a\\xff\\x20\\x5c\n") != std::string::npos);
}

TEST_CASE("a manifest that ends early is refused at every octet") {
  const std::string text = to_string(sample_manifest());
  for (std::size_t size = 0; size < text.size(); ++size)
    REQUIRE_FALSE(parse_manifest(std::string_view(text).substr(0, size), "m").has_value());
}

TEST_CASE("a wrong line of a manifest is named with what would be right") {
  const std::string text = to_string(sample_manifest());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    const auto parsed = parse_manifest(changed, "m");
    return parsed ? std::string("taken") : parsed.error().message();
  };
  CHECK(with("manifest 1", "manifest 2") == "m, line 1: must be \"grid-appliance layer manifest 1\"");
  CHECK(with("name tools", "name ../x").starts_with("m, line 2: \"../x\" is no name of a layer"));
  CHECK(with("kind module", "kind disk") == "m, line 3: a layer is base, module or home");
  CHECK(with("number 7", "number 0") == "m, line 4: must be number and a number from 1");
  CHECK(with("number 7", "number 07") == "m, line 4: must be number and a number from 1");
  CHECK(with("made 1", "made -1").starts_with("m, line 5: "));
  CHECK(with("payload 4096", "payload x").starts_with("m, line 6: "));
  CHECK(with("entries 10", "entries 9") == "m, line 17: stands behind the last entry");
  CHECK(with("entries 10", "entries 1000001").starts_with("m, line 7: "));
  CHECK(with("d 0755 0 0 - - a\n", "d 755 0 0 - - a\n") == "m, line 9: the mode must be four octal digits");
  CHECK(with("d 0755 0 0 - - a\n", "d 0755 0 0 - -  a\n").starts_with("m, line 9: seven words are needed"));
  CHECK(with("d 0755 0 0 - - a\n", "x 0755 0 0 - - a\n").starts_with("m, line 9: the first word"));
  CHECK(with("d 0755 0 0 - - a\n", "d 0755 0 0 - - \\x61\n").starts_with("m, line 9: the path must be"));
  CHECK(with("3:ba7816", "3:BA7816").ends_with("is not written in its one form"));
}

TEST_CASE("S12: no path of a manifest leads out of its tree") {
  for (const char* path : {"../x", "a/../x", "/etc/passwd", "a//x", "a/./x", "a/..", "..", "a/x/"})
    CHECK_FALSE_MESSAGE(parsed_with(named_entry(EntryKind::file, path)).has_value(), path);
  CHECK_FALSE(parsed_with(named_entry(EntryKind::file, std::string("z\0z", 3))).has_value());
  CHECK_FALSE(parsed_with(named_entry(EntryKind::file, std::string(256, 'z'))).has_value());
  CHECK(parsed_with(named_entry(EntryKind::file, std::string(255, 'z'))).has_value());
}

TEST_CASE("S12: nothing is below a link, a file, or a directory that is not there") {
  CHECK_FALSE(parsed_with(named_entry(EntryKind::file, "z/x")).has_value());
  Manifest manifest = sample_manifest();
  Entry link = named_entry(EntryKind::symbolic_link, "z");
  link.target = "/etc";
  manifest.entries.push_back(link);
  manifest.entries.push_back(named_entry(EntryKind::file, "z/passwd"));
  const auto below_link = parse_manifest(to_string(manifest), "m");
  REQUIRE_FALSE(below_link.has_value());
  CHECK(below_link.error().message() == "m: z/passwd: is in no directory of this tree");
}

TEST_CASE("S12: a hard link leads to a file of its own tree that stands before it") {
  for (const char* target : {"/etc/shadow", "../x", "z", "zz", "a", "a/g", "f", "nothing"}) {
    Entry link = named_entry(EntryKind::hard_link, "z");
    link.target = target;
    CHECK_FALSE_MESSAGE(parsed_with(link).has_value(), target);
  }
}

TEST_CASE("S12: names stand once and in order, and a redirect is a path of a layer") {
  CHECK_FALSE(parsed_with(named_entry(EntryKind::file, "f")).has_value());
  CHECK_FALSE(parsed_with(named_entry(EntryKind::file, "aa")).has_value());
  CHECK_FALSE(parsed_with(named_entry(EntryKind::directory, ".")).has_value());
  for (const char* from : {"../x", "/../x", "x/y", "/", "/x//y"}) {
    Entry directory = named_entry(EntryKind::directory, "z");
    directory.redirect = from;
    CHECK_FALSE_MESSAGE(parsed_with(directory).has_value(), from);
  }
}

TEST_CASE("any octets of a name have one form as a word") {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all += static_cast<char>(i);
  CHECK(unescape_octets(escape_octets(all)) == all);
  CHECK(escape_octets("a b\n") == "a\\x20b\\x0a");
  for (const char* word : {"a b", "\\", "\\x", "\\x2", "\\x61", "\\xFF", "\\xfg", "\n"})
    CHECK_FALSE_MESSAGE(unescape_octets(word).has_value(), word);
}

TEST_CASE("what gives rights needs a signature, and a user's own attributes need none") {
  Entry entry = named_entry(EntryKind::file, "f");
  CHECK(needs_signature(entry).empty());
  entry.attributes["user.note"] = "x";
  CHECK(needs_signature(entry).empty());
  entry.attributes["trusted.x"] = "x";
  CHECK(needs_signature(entry) == "has the attribute trusted.x");
  entry.attributes = {{"security.capability", "x"}};
  CHECK(needs_signature(entry) == "runs with the rights of another");
  entry.attributes.clear();
  entry.mode = 02755;
  CHECK(needs_signature(entry) == "runs with the rights of another");
  entry.kind = EntryKind::directory;
  CHECK(needs_signature(entry).empty());
  CHECK(needs_signature(named_entry(EntryKind::character_device, "c")) == "is a device");
}
