// Everything that can be set, in the shape in which the parts take it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/auth/tokens.h"
#include "common/base/status.h"
#include "common/http/server.h"
#include "common/kafka/types.h"
#include "ingest/definitions.h"
#include "ingest/ingest.h"
#include "ingest/statsd.h"
#include "processor/processor.h"
#include "query/query.h"
#include "webhook/poster.h"
#include "webhook/webhook.h"

namespace odometer::cli {

// Who may come in; see common/http/gate.h.
struct AuthConfig {
  std::vector<auth::ConfiguredToken> tokens;  // none: everybody
  std::string session_secret;                 // empty: none
  bool open = false;                          // without tokens, other machines may come in all the same
};

// Where alerts are delivered.
struct WebhookConfig {
  WebhookOptions options;
  CurlPosterOptions poster;
  std::vector<std::string> hosts;  // that URLs may have
};

// Made by LoadConfig; what several parts need is in each of them.
struct Config {
  ProcessorOptions processor;
  QueryOptions query;
  IngestOptions ingest;
  StatsdOptions statsd;
  bool statsd_open = false;  // other machines may send
  DefinitionOptions definitions;
  int ingest_linger_ms = 10;
  int ingest_delivery_timeout_ms = 10'000;
  size_t ingest_queue_records = 100'000;
  size_t ingest_queue_bytes = 64 << 20;

  http::ServerOptions http;  // for every listener; `listen` comes from the four below
  std::string processor_listen;
  std::string ingest_listen;
  std::string query_listen;
  std::string serve_listen;
  std::string webhook_listen;

  AuthConfig auth;
  WebhookConfig webhook;

  std::string log_level;
  std::string run_dir;

  const KafkaProperties& kafka() const { return processor.kafka; }
};

// Loads the configuration of this process once more. kInvalid as LoadConfig.
using ConfigSource = std::function<Result<Config>()>;

}  // namespace odometer::cli
