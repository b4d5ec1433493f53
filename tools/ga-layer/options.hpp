#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "layerstore/layer_store.hpp"

namespace ipop::ga_layer {

inline constexpr const char* tool = "ga-layer";

/// The word that stands for what a member writes, where a layer's name may stand.
inline constexpr const char* home_word = "home";

/// Whose signature a release gets.
struct SigningKey {
  std::string key{};              ///< PEM file
  std::string certificate{};      ///< PEM file
  std::string passphrase_file{};  ///< empty: asked for on the terminal when the key is encrypted
};

enum class Through { automatic, kernel, user_namespace, fuse };

struct MountLayers {
  std::string target{};
  Through through = Through::automatic;
  std::vector<std::string> command{};  ///< run in the mounted tree's namespace; needed for Through::user_namespace
};
struct UnmountLayers {
  std::string target{};
};
struct ShowStatus {};
struct ShowDifference {
  std::string layer = home_word;
};
struct Develop {
  std::string module{};
  bool end = false;
};
struct Blank {
  std::string layer{};  ///< a module that is worked on, or home; empty: `tree`
  std::string tree{};   ///< the whole root of a machine
};
struct MakeRelease {
  std::string name{};
  SigningKey signing{};
  std::string tree{};  ///< empty: what was worked on
  bool base = false;
  std::string to{};          ///< a directory in place of the store
  std::uint64_t number = 0;  ///< 0: the next one
  int level = 9;             ///< zstd's
  bool break_links = false;
};
struct Verify {
  std::vector<std::string> what{};  ///< layers or files; empty: every layer of the stack
  bool deep = false;
};
struct Export {
  std::string what{};
  std::string to{};
  SigningKey signing{};
};
struct Import {
  std::string file{};
  bool unsigned_home = false;
  std::uint64_t limit = std::uint64_t{64} << 30U;  ///< octets that it may unpack to
};
struct Rollback {
  std::string what{};
};

using Verb = std::variant<ShowStatus, MountLayers, UnmountLayers, ShowDifference, Develop, Blank, MakeRelease, Verify,
                          Export, Import, Rollback>;

struct Options {
  layerstore::Places places{};
  bool dry_run = false;
  cli::OutputOptions output{};
  Verb verb{};
};

/// A status when the program ends here: help was shown, or the command line is wrong.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_layer
