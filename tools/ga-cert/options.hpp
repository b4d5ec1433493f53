#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "authority/authority_policy.hpp"
#include "base/group_files.hpp"
#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::ga_cert {

inline constexpr const char* tool = "ga-cert";
/// Where an authority listens for requests.
inline constexpr std::uint16_t default_port = 8443;

struct InitAuthority {
  std::string name{};
  std::chrono::seconds life{std::chrono::hours(24 * 3650)};
  bool no_passphrase = false;  ///< don't ask for one
  bool dry_run = false;        ///< show what would change, and change nothing
};
struct ShowAuthority {};
/// All of an authority in one file under a passphrase.
struct BackupAuthority {
  std::string file{};
};
struct RestoreAuthority {
  std::string file{};
  bool force = false;  ///< also in the place of a ledger that has entries which the backup has not
  bool dry_run = false;
};
/// Goes on without the entries that are lost.
struct ResumeAuthority {
  bool dry_run = false;
};
struct ServeAuthority {
  std::string open_group{};    ///< --group: its virtual network is listened on
  std::string closed_group{};  ///< --for: whose members are made; empty: the group called as the authority
  std::uint16_t port = default_port;
  std::optional<net::Ipv4Address> address{};  ///< to listen on; none: what the open group's node holds
  bool announce = true;                       ///< tell the open group's DHT where it is
};
struct MakeRequest {
  std::string group{};  ///< the key is that of this group's node; empty: `key` is given
  std::string key{};    ///< path of a key file; made when it is missing
  std::string user{};   ///< empty: this machine's name
  std::vector<net::Ipv4Address> addresses{};
  std::string out{"-"};
  bool dry_run = false;
};
struct SendRequest {
  std::string request{};      ///< path of a request, "-" for stdin
  std::string server{};       ///< HOST:PORT; empty: found in the open group
  std::string group{};        ///< the open group; empty: the only one that runs
  std::string fingerprint{};  ///< of the authority's certificate, hexadecimal; empty: a terminal is asked
  std::string token_file{};   ///< of an enrolment token; empty: a person decides
  std::string out{"-"};       ///< where the certificate goes
  bool wait = true;           ///< until a person has decided
  std::chrono::seconds timeout{std::chrono::hours(24)};
};
struct JoinClosed {
  std::string group{};  ///< the open group; empty: the only one of this machine
  std::string server{};
  std::string fingerprint{};
  std::string token_file{};  ///< of an enrolment token, which names the authority too
  std::string user{};        ///< empty: this machine's name
  std::vector<net::Ipv4Address> addresses{};
  std::string state_directory{};  ///< of the node; empty: the group's
  bool dry_run = false;
  std::chrono::seconds timeout{std::chrono::hours(24)};
};
/// The authority is on another machine, and this one's key is an administrator's.
struct RemoteAuthority {
  bool is_meant = false;  ///< --remote
  std::string group{};    ///< closed group; empty: the only one of this machine
  std::string server{};   ///< HOST:PORT; empty: announced in the group
};
struct ListAll {
  enum class What { waiting, certificates, decisions };
  What what = What::waiting;
  RemoteAuthority remote{};
};
/// Lets a member decide from another machine, or ends that.
struct NameAdministrator {
  std::string who{};  ///< user, or beginning of the key's fingerprint
};
struct EndAdministrator {
  std::string who{};
};
struct ListAdministrators {};
struct ShowOne {
  std::string what{};  ///< beginning of a fingerprint or serial number, or path of a PEM file
};
struct AcceptRequests {
  std::vector<std::string> requests{};  ///< users, or beginnings of fingerprints
  authority::Wishes wishes{};
  bool dry_run = false;
  RemoteAuthority remote{};
};
/// What a requester reads who is denied without a reason.
inline constexpr const char* no_reason = "the administrator gave no reason";
struct DenyRequests {
  std::vector<std::string> requests{};
  std::string reason{no_reason};  ///< reaches the requester
  bool dry_run = false;
  RemoteAuthority remote{};
};
struct SignRequest {
  std::string request{};  ///< path of a request, "-" for stdin
  authority::Wishes wishes{};
  std::string out{"-"};
  bool dry_run = false;
};
struct SubmitRequest {
  std::string request{};  ///< path of a request, "-" for stdin
  std::string source{};   ///< where it came from, for people
  std::string out{"-"};   ///< where the certificate goes when it is signed at once
};
struct RenewCertificate {
  std::string what{};     ///< beginning of a serial number, or path of a certificate
  std::string request{};  ///< path of a request with another key; empty: the same key
  std::optional<std::chrono::seconds> life{};
  std::string out{"-"};
  bool dry_run = false;
};
/// This machine's own certificate, by the authority's server.
struct RenewOwn {
  std::string group{};            ///< empty: the only one of this machine
  std::string server{};           ///< HOST:PORT; empty: announced in the group
  std::string state_directory{};  ///< of the node; empty: the group's
  bool if_due = false;            ///< only once two thirds of its life are over
  bool all = false;               ///< in every closed group of this machine
  bool dry_run = false;
};
struct NewToken {
  std::uint64_t uses = 1;
  std::chrono::seconds life{std::chrono::hours(24)};
  std::string user{};  ///< empty: whom the policy allows
  std::string note{};
  std::string out{"-"};
  bool qr = false;
};
struct ListTokens {};
struct EndToken {
  std::string token{};  ///< beginning of its name
};
struct Revoke {
  std::string what{};  ///< beginning of a fingerprint or serial number, or path of a certificate
  std::string user{};  ///< --user
  std::string key{};   ///< --key: the whole fingerprint, which need not be known here
  std::string reason{};
  bool offline = false;  ///< don't hand the list to a node
  bool publish = false;  ///< only hand over the list that there is
  bool force = false;    ///< also a user of whom the authority never heard
  std::string group{};   ///< whose node gets the list; empty: every group of this machine with this authority
  bool dry_run = false;
};
struct PrintCrl {
  bool der = false;
  bool renew = false;  ///< sign one with a later end though nothing changed
  std::string out{"-"};
};
struct VerifyCertificate {
  std::string certificate{};
  std::string authority{};  ///< path of the authority's certificate; empty: the authority of this machine
  std::string list{};       ///< path of a revocation list; empty: the authority's
  std::string group{};      ///< on a member: the closed group; empty: the only one
};
struct ExportCertificate {
  enum class Form { pem, der, pkcs12 };
  std::string what{};       ///< beginning of a serial number or fingerprint, or path of a certificate
  std::string group{};      ///< this machine's own certificate and key in that group
  std::string key{};        ///< path of the key, for pkcs12 and swanctl
  std::string authority{};  ///< path of the authority's certificate; empty: the group's or authority's
  Form form = Form::pem;
  std::string out{"-"};
  std::string swanctl{};  ///< directory for a strongSwan configuration
  bool dry_run = false;
};
using Verb =
    std::variant<InitAuthority, ShowAuthority, ServeAuthority, MakeRequest, SendRequest, JoinClosed, ListAll, ShowOne,
                 AcceptRequests, DenyRequests, SubmitRequest, SignRequest, RenewCertificate, Revoke, PrintCrl,
                 VerifyCertificate, ExportCertificate, RenewOwn, NewToken, ListTokens, EndToken, BackupAuthority,
                 RestoreAuthority, ResumeAuthority, NameAdministrator, EndAdministrator, ListAdministrators>;

struct Options {
  std::string authority{};  ///< name; empty: the only one of this machine
  std::string directory{};  ///< the authority's; empty: AUTHORITIES/NAME
  std::string groups = groups_directory;
  std::string states = states_directory;
  std::string socket{};           ///< of the node that is asked; empty: the group's
  std::string passphrase_file{};  ///< empty: a terminal is asked when one is needed
  std::optional<int> passphrase_fd{};
  bool trust_clock = false;  ///< sign though the ledger was written at a later time
  cli::OutputOptions output{};
  Verb verb{};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_cert
