#include "gateway/catalogue_loader.h"

#include "gateway/catalogue_thread.h"

namespace tidemark::gateway {

CatalogueLoader::CatalogueLoader(const Config& config, const ViewBoard& board,
                                 std::function<void()> on_publish, SharedWrites* writes)
    : thread_(std::make_unique<CatalogueThread>(config, board, std::move(on_publish), writes)) {}

CatalogueLoader::~CatalogueLoader() { stop(); }

void CatalogueLoader::start() {
  thread_->thread = std::jthread([this] { thread_->run(); });
}

void CatalogueLoader::stop() {
  thread_->ask_to_stop();
  if (thread_->thread.joinable()) thread_->thread.join();
}

void CatalogueLoader::request(std::string_view database) { thread_->request(database); }
void CatalogueLoader::invalidate(std::string_view database) { thread_->invalidate(database); }
void CatalogueLoader::release(std::string_view database) { thread_->release(database); }

std::shared_ptr<const sql::Catalogue> CatalogueLoader::latest(std::string_view database) const {
  return thread_->latest(database);
}

bool CatalogueLoader::in_doubt(std::string_view database) const {
  return thread_->in_doubt(database);
}

std::uint64_t CatalogueLoader::version() const { return thread_->version(); }

}  // namespace tidemark::gateway
