#include "session/server.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "wire/client_messages.h"
#include "wire/frame.h"
#include "wire/md5.h"

namespace tidemark::session {
namespace {

using Kind = ServerEvent::Kind;
namespace tag = wire::server_tag;

// Frames that say something of the answer without committing to one: a statement that fails behind
// them can be run elsewhere, and nobody will know.
bool commits_to_nothing(char frame) {
  switch (frame) {
    case tag::k_parse_complete:
    case tag::k_bind_complete:
    case tag::k_close_complete:
    case tag::k_parameter_description:
    case tag::k_row_description:
    case tag::k_no_data:
    case tag::k_notice_response:
    case tag::k_parameter_status:
    case tag::k_error_response:
      return true;
    default:
      return false;
  }
}

// Of a result, or of COPY OUT: there is nothing to note of it.
bool is_row(char frame) { return frame == tag::k_data_row || frame == tag::k_copy_data; }

bool is_asynchronous(char frame) {
  return frame == tag::k_notice_response || frame == tag::k_parameter_status ||
         frame == tag::k_notification_response;
}

// Whether a server says in this notice that its process is about to go, without an ErrorResponse:
// at SIGQUIT it sends what of an answer it had gathered, this warning, and is gone (quickdie in
// src/backend/tcop/postgres.c).
bool is_farewell(std::string_view notice) {
  const auto fields = wire::decode_error(notice);
  return fields.has_value() && fields->severity() == "WARNING" &&
         (fields->sqlstate() == "57P01" || fields->sqlstate() == "57P02");
}

// Whether the answer that goes on with these bytes is seen to come to a bad end in them. A server
// sends an answer in pieces of 8 KiB (PQ_SEND_BUFFER_SIZE), or when it has ended: what cuts a short
// one off leaves together with its first rows. An error behind a statement that was carried out
// does not count: what that one did stays on the server.
bool breaks_off(std::string_view bytes) {
  bool is_one_over = false;
  while (true) {
    const auto header = wire::peek(bytes);
    if (!header.has_value() || !header->has_value()) return false;
    const wire::Header& frame = **header;
    if (frame.tag == tag::k_error_response) return !is_one_over;
    is_one_over = is_one_over || frame.tag == tag::k_command_complete;
    if (frame.tag == tag::k_ready_for_query || bytes.size() < frame.total()) return false;
    const bool notice = frame.tag == tag::k_notice_response;
    if (notice && is_farewell(wire::payload(bytes, frame))) return true;
    bytes.remove_prefix(frame.total());
  }
}

}  // namespace

Server::Server(std::uint32_t node, ServerKey key, std::string password, std::string nonce,
               Buffer& out)
    : node_(node),
      key_(std::move(key)),
      password_(std::move(password)),
      nonce_(std::move(nonce)),
      out_(out) {}

void Server::start() {
  wire::Parameters parameters = {{"user", key_.user}, {"database", key_.database}};
  parameters.insert(parameters.end(), key_.parameters.begin(), key_.parameters.end());
  wire::append_startup(out_.tail(), 0, parameters);
}

void Server::send(std::string_view frames, Reply reply) {
  out_.append(frames);
  replies_.push(std::move(reply), undone_);
}

void Server::answer(std::string frames, std::string& client) {
  Reply reply;
  reply.expect = Expect::k_local;
  reply.local = std::make_unique<const std::string>(std::move(frames));
  replies_.push(std::move(reply), undone_);
  take_local(client);
}

void Server::take_local(std::string& client) {
  while (replies_.front_is_local()) client.append(replies_.take_local());
}

void Server::ask(std::string_view sql, std::unique_ptr<NameChange> change) {
  names_.set("", nullptr);  // as every simple query does
  wire::append_query(out_.tail(), sql);
  Reply reply;
  reply.expect = Expect::k_query;
  reply.swallow = true;
  reply.change = std::move(change);
  replies_.push(std::move(reply), undone_);
}

// Goes through bytes, frame by frame: what lies between `forwarded` and `position` is the client's
// and was not appended yet, so that neighbours leave in one piece.
class Server::Forwarder {
 public:
  Forwarder(std::string_view bytes, std::size_t position, std::string& client)
      : bytes_(bytes), client_(client), position_(position), forwarded_(position) {}

  std::string_view rest() const { return bytes_.substr(position_); }
  std::size_t position() const { return position_; }
  std::string& client() { return client_; }

  void take(std::size_t count, bool forward) {
    if (!forward) flush();
    position_ += count;
    if (!forward) forwarded_ = position_;
  }

  void flush() {
    client_.append(bytes_.substr(forwarded_, position_ - forwarded_));
    forwarded_ = position_;
  }

 private:
  std::string_view bytes_;
  std::string& client_;
  std::size_t position_;
  std::size_t forwarded_;
};

std::size_t Server::take_whole(std::string_view bytes) {
  if (!started_ || streaming_ > 0) return 0;
  const std::size_t size = replies_.take_whole(bytes);
  if (size == 0) return 0;
  const auto status = wire::decode_ready_for_query(bytes.substr(size - 1, 1));
  if (status.has_value()) status_ = *status;
  return size;
}

ServerEvent Server::next(std::string_view bytes, bool withhold, std::string& client) {
  if (!started_) return next_of_login(bytes);
  Forwarder forwarder(bytes, stream(bytes, client), client);
  ServerEvent event;
  bool breaking_off = false;
  while (streaming_ == 0 && event.kind == Kind::k_none) {
    const auto header = wire::peek(forwarder.rest());
    if (!header.has_value()) {
      // Not a PostgreSQL server any more.
      replies_.abandon(undone_);
      break;
    }
    if (!header->has_value() || !can_look_at(**header, forwarder.rest())) break;
    if (is_row((*header)->tag) && !withhold && replies_.front_takes_rows()) {
      take_frame(**header, forwarder, true);
      continue;
    }
    if (withhold && !breaking_off && !commits_to_nothing((*header)->tag)) {
      breaking_off = breaks_off(forwarder.rest());
      if (!breaking_off) {
        event.kind = Kind::k_answer;
        break;
      }
    }
    if (is_asynchronous((*header)->tag)) {
      asynchronous_frame(**header, forwarder, event);
    } else {
      answering_frame(**header, forwarder, event);
    }
  }
  forwarder.flush();
  event.consumed = forwarder.position();
  return event;
}

// Whether enough of the frame is there to take it. Of the client's rows any part will do, as more
// of the answer follows them. Of anything else the rest would be in the way of what may come next:
// an answer of the gateway's own, or another client's.
bool Server::can_look_at(const wire::Header& header, std::string_view rest) const {
  if (rest.size() >= header.total() || header.total() > k_whole_frame_limit) return true;
  return is_row(header.tag) && !replies_.front_swallowed();
}

// Takes the frame, or the head of a long one whose rest goes the same way as it comes.
void Server::take_frame(const wire::Header& header, Forwarder& forwarder, bool forward) {
  const std::size_t count = std::min(header.total(), forwarder.rest().size());
  streaming_ = header.total() - count;
  streaming_forward_ = forward;
  forwarder.take(count, forward);
}

void Server::asynchronous_frame(const wire::Header& header, Forwarder& forwarder,
                                ServerEvent& event) {
  const std::string_view rest = forwarder.rest();
  const bool mine = replies_.front_swallowed();
  const bool parameter = header.tag == tag::k_parameter_status;
  const bool whole = rest.size() >= header.total();
  take_frame(header, forwarder, !parameter && !(mine && header.tag == tag::k_notice_response));
  if (!parameter || !whole) return;
  event.kind = Kind::k_parameter;
  event.payload = wire::payload(rest, header);
  event.swallowed = mine;
}

void Server::answering_frame(const wire::Header& header, Forwarder& forwarder, ServerEvent& event) {
  const std::string_view rest = forwarder.rest();
  const bool asked_row = header.tag == tag::k_data_row && replies_.front_swallowed();
  const bool whole = rest.size() >= header.total();
  const Replies::Meaning meaning = replies_.take(header.tag, undone_);
  take_frame(header, forwarder, meaning.forward);
  if (!whole) return;
  if (meaning.finished_unit) {
    const auto status = wire::decode_ready_for_query(wire::payload(rest, header));
    if (status.has_value()) status_ = *status;
    event.kind = Kind::k_ready;
  } else if (header.tag == tag::k_error_response) {
    event.kind = Kind::k_error;
  } else if (asked_row) {
    event.kind = Kind::k_row;
  }
  if (event.kind != Kind::k_none) {
    event.payload = wire::payload(rest, header);
    event.swallowed = !meaning.forward;
    event.expect = meaning.expect;
  }
  if (replies_.front_is_local()) {
    forwarder.flush();
    take_local(forwarder.client());
  }
}

std::size_t Server::stream(std::string_view bytes, std::string& client) {
  const std::size_t count = std::min(streaming_, bytes.size());
  if (streaming_forward_) client.append(bytes.substr(0, count));
  streaming_ -= count;
  if (streaming_ == 0) take_local(client);
  return count;
}

void Server::note_parameter(std::string_view payload) {
  const auto status = wire::decode_parameter_status(payload);
  if (!status.has_value()) return;
  if (status->name == "in_hot_standby") {
    in_hot_standby_ = status->value == "on";
    was_standby_ = was_standby_ || in_hot_standby_;
  }
  if (!is_told_to_clients(status->name)) return;
  parameters_ = with_parameter(parameters_, status->name, status->value);
}

ServerEvent Server::next_of_login(std::string_view bytes) {
  std::size_t consumed = 0;
  while (true) {
    const std::string_view rest = bytes.substr(consumed);
    const auto header = wire::peek(rest);
    if (!header.has_value() || (header->has_value() && (*header)->total() > k_whole_frame_limit)) {
      return fail_login(consumed, "08P01", "the server does not speak PostgreSQL's protocol");
    }
    if (!header->has_value() || rest.size() < (*header)->total()) {
      return {.kind = Kind::k_none, .consumed = consumed};
    }
    const std::string_view payload = wire::payload(rest, **header);
    consumed += (*header)->total();
    switch ((*header)->tag) {
      case tag::k_authentication: {
        const auto request = wire::decode_authentication(payload);
        if (!request.has_value()) return fail_login(consumed, "08P01", request.error().message);
        ServerEvent failed = authenticate(*request, consumed);
        if (failed.kind == Kind::k_failed) return failed;
        break;
      }
      case tag::k_parameter_status:
        note_parameter(payload);
        break;
      case tag::k_backend_key_data: {
        const auto key = wire::decode_backend_key_data(payload);
        if (!key.has_value()) return fail_login(consumed, "08P01", key.error().message);
        pid_ = key->pid;
        cancel_key_ = key->key;
        break;
      }
      case tag::k_data_row: {
        const auto row = wire::decode_data_row(payload);
        if (asked_search_path_ && row.has_value() && row->size() == 1 && row->front().has_value()) {
          search_path_ = std::string(*row->front());
        }
        break;
      }
      case tag::k_error_response: {
        if (asked_search_path_) break;
        const auto fields = wire::decode_error(payload);
        if (!fields.has_value()) return fail_login(consumed, "08P01", fields.error().message);
        refusal_ = Refusal::from(*fields);
        return {.kind = Kind::k_failed, .consumed = consumed};
      }
      case tag::k_ready_for_query:
        if (asks_for_search_path()) break;
        started_ = true;
        scram_.reset();
        return {.kind = Kind::k_started, .consumed = consumed};
      default:  // NoticeResponse, NegotiateProtocolVersion
        break;
    }
  }
}

// PostgreSQL does not report it by itself before version 18.
bool Server::asks_for_search_path() {
  const bool replication =
      std::ranges::any_of(key_.parameters, [](const auto& p) { return p.first == "replication"; });
  if (asked_search_path_ || replication) return false;
  asked_search_path_ = true;
  wire::append_query(out_.tail(), "SHOW search_path");
  return true;
}

ServerEvent Server::authenticate(const wire::Authentication& request, std::size_t consumed) {
  using Type = wire::AuthenticationType;
  const ServerEvent going_on = {.kind = Kind::k_none, .consumed = consumed};
  if (request.type == Type::k_ok) return going_on;
  if (password_.empty()) {
    return fail_login(
        consumed, "28P01",
        "the server asks for a password of user \"" + key_.user + "\", and the gateway knows none");
  }
  switch (request.type) {
    case Type::k_cleartext_password:
      wire::append_password(out_.tail(), password_);
      return going_on;
    case Type::k_md5_password: {
      const auto answer = wire::md5_password(key_.user, password_, request.rest);
      if (!answer.has_value()) return fail_login(consumed, "28000", answer.error().message);
      wire::append_password(out_.tail(), *answer);
      return going_on;
    }
    case Type::k_sasl:
      scram_ = std::make_unique<wire::ScramClient>(password_, nonce_);
      wire::append_sasl_initial_response(out_.tail(), wire::k_scram_mechanism, scram_->first());
      return going_on;
    case Type::k_sasl_continue:
    case Type::k_sasl_final:
      if (continue_sasl(request)) return going_on;
      return fail_login(consumed, "28P01", "the server's SCRAM exchange is not valid");
    default:
      return fail_login(consumed, "28000",
                        "the server asks for a way to authenticate that the gateway lacks");
  }
}

bool Server::continue_sasl(const wire::Authentication& request) {
  if (scram_ == nullptr) return false;
  const auto answer = scram_->step(request.rest);
  if (!answer.has_value()) return false;
  if (!scram_->done()) wire::append_sasl_response(out_.tail(), *answer);
  return true;
}

ServerEvent Server::fail_login(std::size_t consumed, std::string sqlstate, std::string message) {
  refusal_ = {std::move(sqlstate), std::move(message), {}, {}};
  return {.kind = Kind::k_failed, .consumed = consumed};
}

}  // namespace tidemark::session
