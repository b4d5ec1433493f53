#include "layers/manifest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/hex.hpp"
#include "layers/path_text.hpp"
#include "layers/word_reader.hpp"

namespace ipop::layers {
namespace {

constexpr std::string_view first_line = "grid-appliance layer manifest 1";

std::string octal_mode(std::uint32_t mode) {
  std::string out(4, '0');
  for (std::size_t i = 4; i-- > 0; mode >>= 3U)
    out[i] = static_cast<char>('0' + (mode & 7U));
  return out;
}

/// The word of what the kinds differ in.
std::string detail_of(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::file: return std::to_string(entry.size) + ':' + to_hex(entry.digest);
    case EntryKind::symbolic_link:
    case EntryKind::hard_link: return escape_octets(entry.target);
    case EntryKind::character_device:
    case EntryKind::block_device: return std::to_string(entry.device_major) + ':' + std::to_string(entry.device_minor);
    case EntryKind::directory: {
      std::string out = entry.opaque ? "o" : "";
      if (!entry.redirect.empty()) out += '>' + escape_octets(entry.redirect);
      return out.empty() ? "-" : out;
    }
    default: return "-";
  }
}

std::string attributes_word(const Entry& entry) {
  std::string out;
  for (const auto& [name, value] : entry.attributes) {
    // Separators in a name are written as its other odd octets.
    std::string word;
    for (const char c : escape_octets(name))
      word += c == ',' ? "\\x2c" : c == '=' ? "\\x3d" : std::string(1, c);
    out += (out.empty() ? "" : ",") + word + '=' + to_hex(as_bytes(value));
  }
  return out.empty() ? "-" : out;
}

std::optional<std::string> attribute_name(std::string_view word) {
  std::string plain;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const std::string_view rest = word.substr(i);
    if (rest.starts_with("\\x2c") || rest.starts_with("\\x3d")) {
      plain += rest[2] == '2' ? ',' : '=';
      i += 3;
    } else {
      plain += word[i];
    }
  }
  return unescape_octets(plain);
}

bool take_attributes(std::string_view word, Entry& entry) {
  if (word == "-") return true;
  while (true) {
    const std::size_t end = std::min(word.find(','), word.size());
    const std::string_view one = word.substr(0, end);
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) return false;
    const auto name = attribute_name(one.substr(0, equals));
    const auto value = parse_hex(one.substr(equals + 1));
    if (!name || !value) return false;
    // In the order of a map, and each once: the text has one form.
    if (!entry.attributes.empty() && entry.attributes.rbegin()->first >= *name) return false;
    entry.attributes.emplace(*name, std::string(as_text(*value)));
    if (end == word.size()) return true;
    word.remove_prefix(end + 1);
  }
}

bool take_detail(std::string_view word, Entry& entry) {
  switch (entry.kind) {
    case EntryKind::file: {
      const std::size_t colon = word.find(':');
      if (colon == std::string_view::npos) return false;
      const auto digest = parse_hex(word.substr(colon + 1));
      if (!parse_number(word.substr(0, colon), entry.size) || !digest || digest->size() != entry.digest.size())
        return false;
      std::ranges::copy(*digest, entry.digest.begin());
      return true;
    }
    case EntryKind::symbolic_link:
    case EntryKind::hard_link: {
      auto target = unescape_octets(word);
      if (!target) return false;
      entry.target = *std::move(target);
      return true;
    }
    case EntryKind::character_device:
    case EntryKind::block_device: {
      const std::size_t colon = word.find(':');
      return colon != std::string_view::npos && parse_number(word.substr(0, colon), entry.device_major) &&
             parse_number(word.substr(colon + 1), entry.device_minor);
    }
    case EntryKind::directory: {
      if (word == "-") return true;
      entry.opaque = word.starts_with('o');
      if (entry.opaque) word.remove_prefix(1);
      if (word.empty()) return true;
      auto from = word.starts_with('>') ? unescape_octets(word.substr(1)) : std::nullopt;
      if (!from || from->empty()) return false;
      entry.redirect = *std::move(from);
      return true;
    }
    default: return word == "-";
  }
}

std::string entry_line(const Entry& entry) {
  return std::string(1, static_cast<char>(entry.kind)) + ' ' + octal_mode(entry.mode) + ' ' +
         std::to_string(entry.uid) + ' ' + std::to_string(entry.gid) + ' ' + detail_of(entry) + ' ' +
         attributes_word(entry) + ' ' + escape_octets(entry.path) + '\n';
}

std::optional<std::uint32_t> parse_mode(std::string_view word) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), mode, 8);
  if (error != std::errc() || word.size() != 4 || end != word.data() + word.size()) return std::nullopt;
  return mode;
}

/// Null when the line is none; what is wrong otherwise.
const char* take_entry(std::string_view line, Entry& entry) {
  constexpr std::string_view kinds = "dflhcbpsw";
  std::array<std::string_view, 7> words;
  if (!split_words(line, words)) return "seven words are needed: kind, mode, uid, gid, detail, attributes, path";
  if (words[0].size() != 1 || kinds.find(words[0][0]) == std::string_view::npos)
    return "the first word must be one of d f l h c b p s w";
  entry.kind = static_cast<EntryKind>(words[0][0]);
  const auto mode = parse_mode(words[1]);
  if (!mode) return "the mode must be four octal digits";
  entry.mode = *mode;
  if (!parse_number(words[2], entry.uid) || !parse_number(words[3], entry.gid)) return "an owner must be a number";
  if (!take_detail(words[4], entry)) return "the fifth word does not fit the kind";
  if (!take_attributes(words[5], entry)) return "the attributes must be NAME=HEX,... rising, or -";
  auto path = unescape_octets(words[6]);
  if (!path) return "the path must be visible ASCII with other octets as \\xNN";
  entry.path = *std::move(path);
  return nullptr;
}

}  // namespace

std::string_view to_string(LayerKind kind) {
  return kind == LayerKind::base ? "base" : kind == LayerKind::module ? "module" : "home";
}

Result<LayerKind> parse_layer_kind(std::string_view word) {
  for (const LayerKind kind : {LayerKind::base, LayerKind::module, LayerKind::home})
    if (word == to_string(kind)) return kind;
  return {Errc::malformed, "a layer is base, module or home"};
}

Result<void> check_layer_name(std::string_view name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (name.empty() || name.size() > 32 || name.find_first_not_of(letters) != std::string_view::npos ||
      name.front() == '-' || name.back() == '-')
    return {Errc::malformed,
            "\"" + shown_path(name) + "\" is no name of a layer: 1 to 32 of a-z, 0-9 and hyphens inside"};
  return {};
}

std::string to_string(const Manifest& manifest) {
  std::string out(first_line);
  out += "\nname " + manifest.name + "\nkind " + std::string(to_string(manifest.kind)) + "\nnumber " +
         std::to_string(manifest.number) + "\nmade " + std::to_string(manifest.made.seconds) + "\npayload " +
         std::to_string(manifest.payload_size) + ' ' + to_hex(manifest.payload) + "\nentries " +
         std::to_string(manifest.entries.size()) + '\n';
  for (const Entry& entry : manifest.entries)
    out += entry_line(entry);
  return out;
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view file) {
  LineReader lines(text, file);
  if (text.size() > largest_manifest) return lines.refuse("longer than 256 MiB");
  if (lines.next() != first_line) return lines.refuse("must be \"" + std::string(first_line) + "\"", Errc::unsupported);
  Manifest out;
  out.name = lines.value_of("name");
  if (auto name = check_layer_name(out.name); !name) return lines.refuse(name.error().context);
  const auto kind = parse_layer_kind(lines.value_of("kind"));
  if (!kind) return lines.refuse(kind.error().context);
  out.kind = *kind;
  if (!parse_number(lines.value_of("number"), out.number) || out.number == 0)
    return lines.refuse("must be number and a number from 1");
  std::uint64_t made = 0;
  // Up to the year 9999, as certificates have it.
  if (!parse_number(lines.value_of("made"), made) || made > 253'402'300'799U)
    return lines.refuse("must be made and seconds since 1970");
  out.made.seconds = static_cast<std::int64_t>(made);
  std::array<std::string_view, 2> payload;
  const bool has_payload = split_words(lines.value_of("payload"), payload);
  const auto digest = has_payload ? parse_hex(payload[1]) : std::nullopt;
  if (!digest || digest->size() != out.payload.size() || to_hex(*digest) != payload[1] ||
      !parse_number(payload[0], out.payload_size))
    return lines.refuse("must be payload, its octets and its SHA-256");
  std::ranges::copy(*digest, out.payload.begin());
  std::size_t count = 0;
  if (!parse_number(lines.value_of("entries"), count) || count > most_entries)
    return lines.refuse("must be entries and a number up to 1000000");
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view line = lines.next();
    if (lines.ended()) return lines.refuse("ends before its last entry", Errc::truncated);
    Entry entry;
    if (const char* wrong = take_entry(line, entry)) return lines.refuse(wrong);
    // Hexadecimal digits of the other case and the like: one list, one text.
    if (entry_line(entry) != std::string(line) + '\n') return lines.refuse("is not written in its one form");
    out.entries.push_back(std::move(entry));
  }
  (void)lines.next();
  if (!lines.ended()) return lines.refuse("stands behind the last entry");
  if (auto tree = check_entries(out.entries); !tree)
    return make_error(tree.error().code, std::string(file) + ": " + tree.error().context);
  return out;
}

std::uint64_t octets_of_files(const std::vector<Entry>& entries) {
  std::uint64_t out = 0;
  for (const Entry& entry : entries)
    if (entry.kind == EntryKind::file) out += std::min(entry.size, ~std::uint64_t{0} - out);
  return out;
}

}  // namespace ipop::layers
