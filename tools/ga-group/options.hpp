#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/group_files.hpp"
#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "cli/typed_command.hpp"
#include "groups/group_config.hpp"
#include "medium/medium.hpp"

namespace ipop::ga_group {

inline constexpr const char* tool = "ga-group";
inline constexpr const char* system_directory = groups_directory;

/// How long a token can be used; nothing: for ever.
using TokenLife = std::optional<std::chrono::seconds>;

/// What a closed group has beside an open one's file.
struct ClosedGroup {
  std::string user{};                         ///< in this machine's certificate; empty: its host name
  std::string passphrase_file{};              ///< for the authority's key; empty: none
  std::optional<net::Ipv4Prefix> entrance{};  ///< the network of the open group by which machines ask; none: a free one
};

struct NewGroup {
  std::string name{};
  net::Ipv4Prefix prefix{net::Ipv4Address(10, 128, 0, 0), 9};
  std::optional<std::string> domain{};
  std::vector<groups::BootstrapEntry> bootstrap{};
  std::optional<std::uint16_t> port{};
  std::string authority{};  ///< file with the certificate of a closed group's authority; empty: open
  bool closed = false;      ///< make an authority too, and this machine its first member
  ClosedGroup closing{};    ///< of --closed
  TokenLife expires{std::chrono::hours(24 * 7)};
  bool start = true;
  bool dry_run = false;  ///< show what would change, and change nothing
  bool qr = false;       ///< the token as a QR code as well
};
/// An open group becomes the way into a closed one of the same name.
struct CloseGroup {
  std::string name{};  ///< empty: the only group there is
  ClosedGroup closing{};
  TokenLife expires{std::chrono::hours(24 * 7)};
  bool start = true;
  bool qr = false;
};
struct LeaveGroup {
  std::string name{};
  bool back = false;  ///< into the open group that the machine came from
};
struct JoinGroup {
  std::string token{};               ///< "-": what stdin holds
  std::vector<std::string> words{};  ///< as which it was typed
  std::string name{};                ///< what the group is called on this machine; empty: as in the token
  bool start = true;
  std::string user{};            ///< in the certificate of a closed group; empty: the host name
  std::string enrolment_file{};  ///< file with an enrolment token of its authority; empty: a person decides
  bool replace = false;          ///< in the place of another group of that name
  bool dry_run = false;          ///< as above
  std::chrono::seconds timeout{60};
};
struct MakeToken {
  std::string name{};  ///< empty: the only group there is
  TokenLife expires{std::chrono::hours(24 * 7)};
  bool qr = false;
};
/// Who gives out the group's addresses.
struct SetAddresses {
  std::string name{};                             ///< empty: the only group there is
  std::optional<groups::AddressServer> server{};  ///< none: the ring
};
struct ListGroups {};
struct ShowGroup {
  std::string name{};
};
struct CheckGroup {
  std::string target{};  ///< path of a file, or name of a group
};
struct RotateGroup {
  std::string name{};                     ///< empty: the only group there is
  std::string out{};                      ///< where the hand-over goes; "-": stdout
  std::vector<std::string> members{};     ///< who is taken along: user, serial number, fingerprint or file
  std::vector<std::string> all_except{};  ///< who is not, in the same words
  bool all = false;
  std::string signer{};     ///< directory of the group's authority; empty: the usual one
  std::string authority{};  ///< certificate of a new authority, in its directory; empty: the same one
  std::vector<groups::BootstrapEntry> bootstrap{};
  std::string passphrase_file{};      ///< of the signer's key
  std::string new_passphrase_file{};  ///< of the new authority's key
  std::string state_directory{};      ///< of this machine's node; empty: the usual one
  bool stay = false;                  ///< leave this machine's node where it is
  bool dry_run = false;
  std::chrono::seconds timeout{60};
};
struct AcceptHandover {
  std::string file{};   ///< "-": stdin
  std::string group{};  ///< empty: the only group there is
  std::string state_directory{};
  bool dry_run = false;
  std::chrono::seconds timeout{60};
};
/// A medium for machines that start from an image.
struct MakeMedium {
  std::string name{};                    ///< group; empty: the only one there is
  std::string out{};                     ///< FAT image; empty: the text to stdout
  medium::Medium content{};              ///< without the token
  std::string enrolment_file{};          ///< file with an enrolment token; empty: none
  std::vector<std::string> key_files{};  ///< public ssh keys
  TokenLife expires{std::chrono::hours(24 * 7)};
};
/// The first start of a machine from an image.
struct AdoptMedium {
  std::vector<std::string> files{};  ///< where a text may be; those that are not there are left out
  std::string root{};                ///< folder in which the files of this machine are; empty: /
  bool start = true;
  bool dry_run = false;
  std::chrono::seconds timeout{60};
};
using Verb = std::variant<NewGroup, CloseGroup, LeaveGroup, JoinGroup, MakeToken, ListGroups, ShowGroup, CheckGroup,
                          RotateGroup, AcceptHandover, SetAddresses, MakeMedium, AdoptMedium>;

struct Options {
  std::string directory = system_directory;         ///< where group files are
  std::string authorities = authorities_directory;  ///< where authorities are
  std::string states = states_directory;            ///< where nodes keep their keys
  std::string socket{};                             ///< of the group's node; empty: the usual one
  cli::OutputOptions output{};
  cli::TypedCommand typed{};  ///< all of it, for what is to be typed next
  Verb verb{};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_group
