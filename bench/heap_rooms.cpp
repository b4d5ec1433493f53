#include "bench/heap_rooms.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>
#include <execinfo.h>
#include <fstream>
#include <link.h>
#include <memory>
#include <new>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t interval = 65536;  // octets between two that are noted
constexpr int deepest = 40;

struct Noted {
  double octets = 0;  ///< that it stands for
  std::array<void*, deepest> callers{};
  int depth = 0;
};

// What the notes themselves take comes from malloc.
template <class T>
struct Plain {
  using value_type = T;
  Plain() = default;
  template <class U>
  Plain(const Plain<U>&) {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t count) { return static_cast<T*>(std::malloc(count * sizeof(T))); }
  void deallocate(T* at, std::size_t) { std::free(at); }
  friend bool operator==(const Plain&, const Plain&) { return true; }
};
using Notes = std::unordered_map<void*, Noted, std::hash<void*>, std::equal_to<>, Plain<std::pair<void* const, Noted>>>;

Notes& notes() {
  static Notes all;
  return all;
}
std::int64_t left = interval;
bool is_noting = false;
// Most of what is freed was not noted: seen by a bit.
std::bitset<1U << 20U> may_be_noted;

std::size_t bit_of(const void* at) {
  return (reinterpret_cast<std::uintptr_t>(at) * 0x9e3779b97f4a7c15U) >> 44U;
}

void note(void* at, std::size_t size) {
  if (std::exchange(is_noting, true)) return;
  Noted noted;
  while (left <= 0) {
    left += interval;
    noted.octets += interval;
  }
  noted.depth = backtrace(noted.callers.data(), deepest);
  if (size > 0 && noted.depth > 0) {
    notes().insert_or_assign(at, noted);
    may_be_noted.set(bit_of(at));
  }
  is_noting = false;
}

void forget(void* at) {
  if (at != nullptr && may_be_noted.test(bit_of(at))) notes().erase(at);
}

/// A function of this program: where it begins, and its name as the linker has it.
using Function = std::pair<std::uintptr_t, const char*>;

std::uintptr_t load_address() {
  std::uintptr_t out = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void* into) {
        *static_cast<std::uintptr_t*>(into) = program->dlpi_addr;
        return 1;  // the first is the program itself
      },
      &out);
  return out;
}

/// In the order of their addresses; names point into `file`.
std::vector<Function> functions_of(const std::vector<char>& file) {
  std::vector<Function> out;
  ElfW(Ehdr) head{};
  if (file.size() < sizeof head) return out;
  std::memcpy(&head, file.data(), sizeof head);
  std::vector<ElfW(Shdr)> sections(head.e_shnum);
  std::memcpy(sections.data(), file.data() + head.e_shoff, sections.size() * sizeof(ElfW(Shdr)));
  for (const auto& section : sections) {
    if (section.sh_type != SHT_SYMTAB) continue;
    std::vector<ElfW(Sym)> symbols(section.sh_size / sizeof(ElfW(Sym)));
    std::memcpy(symbols.data(), file.data() + section.sh_offset, section.sh_size);
    const char* names = file.data() + sections[section.sh_link].sh_offset;
    for (const auto& symbol : symbols) {
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_value != 0)
        out.emplace_back(symbol.st_value, names + symbol.st_name);
    }
  }
  std::ranges::sort(out);
  return out;
}

struct Room {
  std::string_view prefix;  ///< of a function's name
  std::string_view name;
};
// The first that fits counts.
constexpr std::array rooms = {
    Room{"node::Node::Node", "machines"},
    Room{"overlay::Overlay::Overlay", "machines"},
    Room{"overlay::Overlay::State::State", "machines"},
    Room{"crypto::ChannelTable::ChannelTable", "machines"},
    Room{"dht::Dht::Dht", "machines"},
    Room{"router::Router::Router", "machines"},
    Room{"test_support::", "simulator"},
    Room{"dht::", "records"},
    Room{"crypto::", "channels"},
    Room{"overlay::LinkTable", "links"},
    Room{"overlay::LinkPaths", "links"},
    Room{"overlay::Links", "links"},
    Room{"overlay::LinkJournal", "links"},
    Room{"overlay::decode_link_message", "lists"},
    Room{"overlay::Status", "lists"},
    Room{"overlay::LinkFinder", "finder"},
    Room{"overlay::Seeker", "finder"},
    Room{"overlay::Ring", "finder"},
    Room{"overlay::NearLinks", "finder"},
    Room{"overlay::LeafLinks", "finder"},
    Room{"overlay::usable_candidates", "finder"},
    Room{"overlay::decode_connect_to_me", "finder"},
    Room{"overlay::", "overlay"},
    Room{"router::", "router"},
    Room{"node::", "node"},
};

std::string_view room_of(std::string_view function) {
  constexpr std::string_view ours = "ipop::";
  if (!function.starts_with(ours)) return {};
  function.remove_prefix(ours.size());
  const auto* room = std::ranges::find_if(rooms, [&](const Room& each) { return function.starts_with(each.prefix); });
  return room == rooms.end() ? std::string_view() : room->name;
}

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 ? std::string(text.get()) : std::string(name);
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  void* out = std::malloc(size);
  if (out == nullptr) throw std::bad_alloc();
  if ((left -= static_cast<std::int64_t>(size)) <= 0) note(out, size);
  return out;
}
[[gnu::noinline]] void operator delete(void* at) noexcept {
  forget(at);
  std::free(at);
}
[[gnu::noinline]] void operator delete(void* at, std::size_t /*size*/) noexcept {
  forget(at);
  std::free(at);
}

namespace ipop::bench {

std::map<std::string, double> octets_by_room() {
  is_noting = true;
  std::ifstream self("/proc/self/exe", std::ios::binary);
  const std::vector<char> file{std::istreambuf_iterator<char>(self), {}};
  const std::vector<Function> functions = functions_of(file);
  const std::uintptr_t base = load_address();
  std::unordered_map<const char*, std::string_view> known;
  const auto room_at = [&](const void* caller) -> std::string_view {
    const Function address{reinterpret_cast<std::uintptr_t>(caller) - base, nullptr};
    const auto after = std::ranges::upper_bound(functions, address.first, {}, &Function::first);
    if (after == functions.begin()) return {};
    const char* name = std::prev(after)->second;
    const auto [it, is_new] = known.try_emplace(name);
    if (is_new) it->second = room_of(demangled(name));
    return it->second;
  };
  std::map<std::string, double> out;
  for (const auto& [at, noted] : notes()) {
    std::string_view room;
    for (int i = 0; i < noted.depth && room.empty(); ++i)
      room = room_at(noted.callers[static_cast<std::size_t>(i)]);
    out[room.empty() ? "rest" : std::string(room)] += noted.octets;
  }
  left = interval;
  is_noting = false;
  return out;
}

}  // namespace ipop::bench
