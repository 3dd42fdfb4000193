#include "audit/options.h"

namespace tidemark::audit {

std::optional<Workload> preset(std::string_view name) {
  Workload workload;
  if (name == "shop") {
    // Many look, some buy: few products are looked at by most, and stock is counted down.
    workload.mix = {.read_one = 60,
                    .read_many = 20,
                    .read_transaction = 5,
                    .write = 5,
                    .increment = 8,
                    .append = 2};
    workload.skew = 0.9;
    workload.own_share = 0.4;
    return workload;
  }
  if (name == "social") {
    // People post, look for their own post, and tell each other.
    workload.mix = {.read_one = 35,
                    .read_many = 25,
                    .read_transaction = 5,
                    .write = 10,
                    .increment = 5,
                    .append = 20};
    workload.skew = 0.7;
    workload.own_share = 0.7;
    workload.handoff = true;
    return workload;
  }
  if (name == "bank") {
    // Transactions over several rows, and statements of account that must add up.
    workload.mix = {.read_one = 20,
                    .read_many = 10,
                    .read_transaction = 25,
                    .write = 30,
                    .increment = 10,
                    .append = 5};
    workload.skew = 0.2;
    workload.transaction_size = 5;
    return workload;
  }
  return std::nullopt;
}

}  // namespace tidemark::audit
