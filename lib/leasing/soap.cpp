#include "leasing/soap.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <pugixml.hpp>
#include <sstream>

#include "base/base64.hpp"
#include "leasing/soap_operations.hpp"

namespace ipop::leasing {
namespace {

constexpr std::string_view soap_space = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr std::size_t max_client_name = 64;

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') + 1);  // npos + 1 is the whole name
}

/// The namespace of an element (Namespaces in XML 1.0, section 6): of its prefix, declared here or further out.
std::string_view name_space_of(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  const std::string declaration =
      colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  for (pugi::xml_node at = node; at; at = at.parent())
    if (const auto attribute = at.attribute(declaration.c_str())) return attribute.value();
  return {};
}

bool is_element(const pugi::xml_node& node, std::string_view space, std::string_view name) {
  return node.type() == pugi::node_element && local_name(node) == name && name_space_of(node) == space;
}

class DepthCheck : public pugi::xml_tree_walker {
 public:
  bool for_each(pugi::xml_node& node) override {
    return node.type() != pugi::node_doctype && depth() < static_cast<int>(max_envelope_depth);
  }
};

/// The body's only element. Document types are refused, so there are no entities but XML's own five.
Result<pugi::xml_node> open_envelope(pugi::xml_document& document, std::string_view text) {
  if (text.size() > max_envelope) return {Errc::too_large, "the envelope is longer than 16 KiB"};
  constexpr unsigned options = pugi::parse_default | pugi::parse_doctype;
  const auto parsed = document.load_buffer(text.data(), text.size(), options, pugi::encoding_utf8);
  if (!parsed) return {Errc::malformed, std::string("no XML: ") + parsed.description()};
  DepthCheck check;
  if (!document.traverse(check)) return {Errc::malformed, "a document type, or elements nested too deeply"};
  const pugi::xml_node envelope = document.document_element();
  if (local_name(envelope) == "Envelope" && name_space_of(envelope) != soap_space)
    return {Errc::unsupported, "the server speaks SOAP 1.1"};
  if (!is_element(envelope, soap_space, "Envelope")) return {Errc::malformed, "not a SOAP envelope"};
  pugi::xml_node content;
  for (const pugi::xml_node& part : envelope.children()) {
    if (is_element(part, soap_space, "Header")) {
      for (const pugi::xml_node& header : part.children())
        for (const pugi::xml_attribute& attribute : header.attributes())
          if (std::string_view(attribute.name()).ends_with("mustUnderstand") &&
              std::string_view(attribute.value()) != "0")
            return {Errc::unsupported, "a header that must be understood"};
    } else if (is_element(part, soap_space, "Body") && !content) {
      content = part.find_child([](const pugi::xml_node& node) { return node.type() == pugi::node_element; });
      const auto more = [&](const pugi::xml_node& node) {
        return node.type() == pugi::node_element && node != content;
      };
      if (part.find_child(more)) return {Errc::malformed, "more than one element in the body"};
    } else {
      return {Errc::malformed, "an envelope has a header and one body"};
    }
  }
  if (!content) return {Errc::malformed, "no element in the body"};
  return content;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

template <std::integral T>
bool read_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

template <std::size_t N>
bool read_octets(std::string_view text, std::array<std::byte, N>& out) {
  const auto octets = parse_base64(text);
  if (!octets || octets->size() != N) return false;
  std::ranges::copy(*octets, out.begin());
  return true;
}

/// Reads the elements below `parent`, each at most once and none but those with a reader.
using Reader = std::pair<std::string_view, std::function<bool(std::string_view)>>;
Result<void> read_elements(const pugi::xml_node& parent, std::span<const Reader> readers) {
  std::vector<bool> seen(readers.size());
  for (const pugi::xml_node& child : parent.children()) {
    if (child.type() != pugi::node_element) continue;
    const auto reader = std::ranges::find(readers, local_name(child), &Reader::first);
    const std::string name(local_name(child));
    if (reader == readers.end() || name_space_of(child) != service_space)
      return {Errc::malformed, "unknown element " + name.substr(0, 64)};
    const auto index = static_cast<std::size_t>(reader - readers.begin());
    if (seen[index]) return {Errc::malformed, "element " + name + " twice"};
    seen[index] = true;
    const std::string_view text = trimmed(child.child_value());
    if (!text.empty() && !reader->second(text)) return {Errc::malformed, "element " + name + " has another form"};
  }
  return {};
}

void add(pugi::xml_node& parent, const char* name, const std::string& text) {
  if (!text.empty()) parent.append_child(name).text().set(text.c_str());
}

std::string envelope_with(const std::function<void(pugi::xml_node&)>& fill) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  pugi::xml_node envelope = document.append_child("soap:Envelope");
  envelope.append_attribute("xmlns:soap") = std::string(soap_space).c_str();
  pugi::xml_node body = envelope.append_child("soap:Body");
  fill(body);
  std::ostringstream out;
  document.save(out, "", pugi::format_raw, pugi::encoding_utf8);
  return out.str();
}

pugi::xml_node add_service_element(pugi::xml_node& body, std::string_view name) {
  pugi::xml_node element = body.append_child(std::string(name).c_str());
  element.append_attribute("xmlns") = std::string(service_space).c_str();
  return element;
}

/// The words by which a fault's detail names an Errc.
constexpr std::array<std::pair<std::string_view, Errc>, 11> reasons{{{"truncated", Errc::truncated},
                                                                     {"malformed", Errc::malformed},
                                                                     {"unsupported", Errc::unsupported},
                                                                     {"too_large", Errc::too_large},
                                                                     {"bad_signature", Errc::bad_checksum},
                                                                     {"not_authorized", Errc::not_authorized},
                                                                     {"expired", Errc::expired},
                                                                     {"conflict", Errc::conflict},
                                                                     {"not_found", Errc::not_found},
                                                                     {"exhausted", Errc::exhausted},
                                                                     {"out_of_range", Errc::out_of_range}}};

std::string_view reason_of(const Error& error) {
  const auto found = std::ranges::find_if(reasons, [&](const auto& it) { return error.code == it.second; });
  return found == reasons.end() ? "unavailable" : found->first;
}

Error error_of_fault(const pugi::xml_node& fault) {
  const std::string_view reason = trimmed(fault.child("detail").first_child().child_value());
  const std::string text(trimmed(fault.child_value("faultstring")).substr(0, 256));
  const auto found = std::ranges::find(reasons, reason, &std::pair<std::string_view, Errc>::first);
  if (found != reasons.end()) return make_error(make_error_code(found->second), text);
  return make_error(std::make_error_code(std::errc::resource_unavailable_try_again), text);
}

}  // namespace

Result<SoapRequest> parse_soap_request(std::string_view envelope) {
  pugi::xml_document document;
  const auto content = open_envelope(document, envelope);
  if (!content) return content.error();
  const auto operation = std::ranges::find(soap_operations, local_name(*content), &SoapOperation::request);
  if (operation == soap_operations.end() || name_space_of(*content) != service_space)
    return {Errc::unsupported, "no operation " + std::string(local_name(*content).substr(0, 64)) +
                                   "; there are Obtain, Renew and Release"};
  SoapRequest out;
  LeaseRequest& request = out.request;
  request.action = operation->action;
  bool has_key = false;
  bool has_signature = false;
  const std::array<Reader, 8> readers{{
      {"Group",
       [&](std::string_view text) {
         request.name_space = text;
         return text.size() <= LeaseRequest::max_name_space;
       }},
      {"Node",
       [&](std::string_view text) {
         out.client = text;
         return text.size() <= max_client_name;
       }},
      {"Sequence", [&](std::string_view text) { return read_number(text, request.sequence); }},
      {"Address",
       [&](std::string_view text) {
         request.address = net::parse_ipv4_address(text);
         return request.address.has_value() && !request.address->is_unspecified();
       }},
      {"HostName",
       [&](std::string_view text) {
         request.host_name = text;
         return is_host_name(text);
       }},
      {"Key",
       [&](std::string_view text) {
         std::array<std::byte, crypto::PublicKey::size> point{};
         has_key = read_octets(text, point);
         request.key = crypto::PublicKey(point);
         return has_key;
       }},
      {"Certificate",
       [&](std::string_view text) {
         auto octets = parse_base64(text);
         if (!octets || octets->size() > LeaseRequest::max_certificate) return false;
         request.certificate = *std::move(octets);
         return true;
       }},
      {"Signature",
       [&](std::string_view text) {
         has_signature = read_octets(text, request.signature);
         return has_signature;
       }},
  }};
  if (auto read = read_elements(*content, readers); !read) return read.error();
  if (request.name_space.empty()) return {Errc::malformed, "element Group is missing"};
  if (out.client.empty()) return {Errc::malformed, "element Node is missing"};
  if (has_key != has_signature) return {Errc::malformed, "Key and Signature go together"};
  out.is_signed = has_signature;
  if (!out.is_signed) return out;
  const auto node = parse_node_id(out.client);
  if (!node) return {Errc::malformed, "element Node has another form"};
  request.node = *node;
  return out;
}

std::string to_soap(const LeaseRequest& request) {
  const auto operation = std::ranges::find(soap_operations, request.action, &SoapOperation::action);
  return envelope_with([&](pugi::xml_node& body) {
    pugi::xml_node element = add_service_element(body, operation->request);
    add(element, "Group", request.name_space);
    add(element, "Node", to_string(request.node));
    add(element, "Sequence", std::to_string(request.sequence));
    if (request.address) add(element, "Address", to_string(*request.address));
    add(element, "HostName", request.host_name);
    add(element, "Key", to_base64(request.key.point()));
    add(element, "Certificate", request.certificate.empty() ? "" : to_base64(request.certificate));
    add(element, "Signature", to_base64(request.signature));
  });
}

std::string soap_answer(LeaseAction action, const SoapLease& lease) {
  const auto operation = std::ranges::find(soap_operations, action, &SoapOperation::action);
  return envelope_with([&](pugi::xml_node& body) {
    pugi::xml_node element = add_service_element(body, operation->response);
    add(element, "Address", to_string(lease.address));
    if (action == LeaseAction::release) return;
    add(element, "Mask", to_string(lease.mask));
    add(element, "LeaseSeconds", std::to_string(lease.lease_time.count()));
    add(element, "Expires", std::to_string(lease.expires.seconds));
    add(element, "Domain", lease.domain);
    add(element, "Mtu", std::to_string(lease.mtu));
    add(element, "Grant", lease.grant.empty() ? "" : to_base64(lease.grant));
  });
}

Result<SoapLease> parse_soap_answer(std::string_view envelope) {
  pugi::xml_document document;
  const auto content = open_envelope(document, envelope);
  if (!content) return content.error();
  if (is_element(*content, soap_space, "Fault")) return error_of_fault(*content);
  const auto operation = std::ranges::find(soap_operations, local_name(*content), &SoapOperation::response);
  if (operation == soap_operations.end() || name_space_of(*content) != service_space)
    return {Errc::malformed, "not an answer of a lease server"};
  SoapLease out;
  const auto address = [](net::Ipv4Address& to) {
    return [&to](std::string_view text) {
      const auto parsed = net::parse_ipv4_address(text);
      if (parsed) to = *parsed;
      return parsed.has_value();
    };
  };
  std::int64_t seconds = 0;
  const std::array<Reader, 7> readers{{
      {"Address", address(out.address)},
      {"Mask", address(out.mask)},
      {"LeaseSeconds", [&](std::string_view text) { return read_number(text, seconds) && seconds >= 0; }},
      {"Expires",
       [&](std::string_view text) { return read_number(text, out.expires.seconds) && out.expires.seconds >= 0; }},
      {"Domain",
       [&](std::string_view text) {
         out.domain = text;
         return text.size() <= 128;
       }},
      {"Mtu", [&](std::string_view text) { return read_number(text, out.mtu); }},
      {"Grant",
       [&](std::string_view text) {
         auto octets = parse_base64(text);
         if (octets) out.grant = *std::move(octets);
         return octets.has_value();
       }},
  }};
  if (auto read = read_elements(*content, readers); !read) return read.error();
  if (out.address.is_unspecified()) return {Errc::malformed, "an answer without an address"};
  // A week is more than any lease has.
  out.lease_time = std::chrono::seconds(std::min<std::int64_t>(seconds, 7 * 24 * 3600));
  return out;
}

std::string soap_fault(const Error& error, bool is_clients) {
  return envelope_with([&](pugi::xml_node& body) {
    pugi::xml_node fault = body.append_child("soap:Fault");
    add(fault, "faultcode", is_clients ? "soap:Client" : "soap:Server");
    add(fault, "faultstring", error.message());
    pugi::xml_node detail = fault.append_child("detail");
    pugi::xml_node reason = add_service_element(detail, "Reason");
    reason.text().set(std::string(reason_of(error)).c_str());
  });
}

}  // namespace ipop::leasing
