#pragma once

// One function a verb; each gives the exit status, and ends a failure with the next command to type.

#include "base/group_files.hpp"
#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ga_cert {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
};

/// The files of the group called `name`, where this command looks for them.
inline GroupFiles files_of(const Context& context, const std::string& name) {
  return GroupFiles(name, context.options.groups, context.options.states);
}

/// Makes an authority's key, certificate, policy and ledger.
cli::ExitStatus carry_out(const Context& context, const InitAuthority& verb);
/// What the authority is, by which people recognise it, and how much it has to do.
cli::ExitStatus carry_out(const Context& context, const ShowAuthority& verb);
/// Writes an authority into one file under a passphrase, and reads it back.
cli::ExitStatus carry_out(const Context& context, const BackupAuthority& verb);
cli::ExitStatus carry_out(const Context& context, const RestoreAuthority& verb);
/// Goes on behind what the group knows, where the newer ledger is lost.
cli::ExitStatus carry_out(const Context& context, const ResumeAuthority& verb);
/// Takes requests over the network (RFC 7030) until it is told to end.
cli::ExitStatus carry_out(const Context& context, const ServeAuthority& verb);
/// Writes a certification request, with a new key where none is.
cli::ExitStatus carry_out(const Context& context, const MakeRequest& verb);
/// Sends a request to an authority and waits for the certificate.
cli::ExitStatus carry_out(const Context& context, const SendRequest& verb);
/// Takes this machine from an open group into a closed one.
cli::ExitStatus carry_out(const Context& context, const JoinClosed& verb);
/// Requests that wait, certificates, decisions.
cli::ExitStatus carry_out(const Context& context, const ListAll& verb);
/// One request, certificate or file in full.
cli::ExitStatus carry_out(const Context& context, const ShowOne& verb);
cli::ExitStatus carry_out(const Context& context, const AcceptRequests& verb);
cli::ExitStatus carry_out(const Context& context, const DenyRequests& verb);
/// Who may accept and deny from another machine.
cli::ExitStatus carry_out(const Context& context, const NameAdministrator& verb);
cli::ExitStatus carry_out(const Context& context, const EndAdministrator& verb);
cli::ExitStatus carry_out(const Context& context, const ListAdministrators& verb);
/// Puts a request from a file into the queue, or lets the policy decide at once.
cli::ExitStatus carry_out(const Context& context, const SubmitRequest& verb);
/// Takes a request from a file and accepts it.
cli::ExitStatus carry_out(const Context& context, const SignRequest& verb);
cli::ExitStatus carry_out(const Context& context, const RenewCertificate& verb);
/// Has the authority's server renew this machine's own certificate, and the node take it.
cli::ExitStatus carry_out(const Context& context, const RenewOwn& verb);
/// Makes, lists, takes back what lets its holder in without a person.
cli::ExitStatus carry_out(const Context& context, const NewToken& verb);
cli::ExitStatus carry_out(const Context& context, const ListTokens& verb);
cli::ExitStatus carry_out(const Context& context, const EndToken& verb);
/// Shuts a key or a user out: signs the next revocation list and hands it to the group's node.
cli::ExitStatus carry_out(const Context& context, const Revoke& verb);
cli::ExitStatus carry_out(const Context& context, const PrintCrl& verb);
/// Whether a certificate makes its holder a member: `done` or `no`, with the reason.
cli::ExitStatus carry_out(const Context& context, const VerifyCertificate& verb);
cli::ExitStatus carry_out(const Context& context, const ExportCertificate& verb);

}  // namespace ipop::ga_cert
