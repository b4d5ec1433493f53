#pragma once

#include <optional>
#include <string>
#include <string_view>

// What the files of a machine's groups and authorities are called. Only names: nothing is read here.

namespace ipop {

/// Where groups' files are, and the state directories of their nodes, unless somebody says otherwise.
inline constexpr const char* groups_directory = "/etc/ipop";
inline constexpr const char* states_directory = "/var/lib/ipop";
/// An authority's directory (AuthorityFiles) is here, under its name.
inline constexpr const char* authorities_directory = "/var/lib/ga/authority";

/// 1 to 32 of a-z, 0-9 and -, with no hyphen at an end.
[[nodiscard]] bool is_group_name(std::string_view name);

/// What a node keeps in its state directory.
class NodeFiles {
 public:
  explicit NodeFiles(std::string directory) : directory_(std::move(directory)) {}

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string key() const { return directory_ + "/key.pem"; }                   ///< 0600
  [[nodiscard]] std::string certificate() const { return directory_ + "/certificate.pem"; }   ///< of a closed group
  [[nodiscard]] std::string revocations() const { return directory_ + "/revocations.list"; }  ///< the last it had
  [[nodiscard]] std::string state() const { return directory_ + "/state.json"; }              ///< address, peers
  [[nodiscard]] std::string history() const { return directory_ + "/members.json"; }          ///< who was a member

 private:
  std::string directory_;
};

/// The files that a machine has of the group `name`.
class GroupFiles {
 public:
  explicit GroupFiles(std::string name, std::string groups = groups_directory, std::string states = states_directory)
      : name_(std::move(name)), groups_(std::move(groups)), states_(std::move(states)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  /// What the members have in common.
  [[nodiscard]] std::string config() const { return groups_ + "/" + name_ + ".toml"; }
  /// What only this machine's node does; it need not be there.
  [[nodiscard]] std::string settings() const { return groups_ + "/node/" + name_ + ".toml"; }
  [[nodiscard]] NodeFiles node() const { return NodeFiles(states_ + "/" + name_); }
  /// The node's files, in `directory` when that is not empty.
  [[nodiscard]] NodeFiles node(const std::string& directory) const {
    return directory.empty() ? node() : NodeFiles(directory);
  }

 private:
  std::string name_;
  std::string groups_;
  std::string states_;
};

/// What an authority keeps in its directory.
class AuthorityFiles {
 public:
  /// A backup has these under the same names.
  static constexpr std::string_view key_name = "authority.key";
  static constexpr std::string_view certificate_name = "authority.pem";
  static constexpr std::string_view policy_name = "policy.toml";
  static constexpr std::string_view ledger_name = "ledger.jsonl";
  static constexpr std::string_view request_folder = "requests/";
  static constexpr std::string_view request_end = ".csr";

  explicit AuthorityFiles(std::string directory) : directory_(std::move(directory)) {}

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string key() const { return in_directory(key_name); }  ///< 0600, perhaps under a passphrase
  [[nodiscard]] std::string certificate() const { return in_directory(certificate_name); }
  [[nodiscard]] std::string policy() const { return in_directory(policy_name); }
  [[nodiscard]] std::string ledger() const { return in_directory(ledger_name); }              ///< the truth
  [[nodiscard]] std::string torn_line() const { return in_directory("ledger.torn"); }         ///< cut off the ledger
  [[nodiscard]] std::string revocations() const { return in_directory("revocations.list"); }  ///< the last one signed
  [[nodiscard]] std::string crl() const { return in_directory("crl.pem"); }
  [[nodiscard]] std::string requests() const { return in_directory("requests"); }
  [[nodiscard]] std::string issued() const { return in_directory("issued"); }
  /// The request of a key, by the key's fingerprint in hexadecimal digits.
  [[nodiscard]] static std::string request_name(std::string_view key);
  [[nodiscard]] std::string request(std::string_view key) const { return in_directory(request_name(key)); }
  /// The copy of a certificate, by its serial number in hexadecimal digits.
  [[nodiscard]] std::string issued(std::string_view serial) const;
  [[nodiscard]] std::string in_directory(std::string_view name) const;

 private:
  std::string directory_;
};

/// The open group's file as it was, beside the closed one's that took its place.
[[nodiscard]] std::string open_copy(std::string_view config);

/// The open group in which machines ask to get into the closed group `closed`. Its name may be too long for a group.
[[nodiscard]] std::string entrance_name_of(std::string_view closed);
/// The closed group whose entrance this is, by its name; none: no entrance is called so.
[[nodiscard]] std::optional<std::string> closed_group_of(std::string_view entrance);

}  // namespace ipop
