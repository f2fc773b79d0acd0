#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/gzip.h"
#include "backend/images/archive_import.h"
#include "backend/images/image_store.h"
#include "backend/images/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <boost/asio/io_context.hpp>
#include <zstd.h>

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

using namespace gantry;
using namespace gantry::images;
namespace fs = std::filesystem;

namespace {

struct Entry {
    std::string path;
    std::string content; // or the target of a link
    unsigned type = AE_IFREG;
    bool hardLink = false;
    unsigned mode = 0644;
};

Entry directory(std::string path)
{
    return {std::move(path), "", AE_IFDIR, false, 0755};
}

Entry symbolicLink(std::string path, std::string target)
{
    return {std::move(path), std::move(target), AE_IFLNK};
}

Entry hardLink(std::string path, std::string target)
{
    return {std::move(path), std::move(target), AE_IFREG, true};
}

// A layer's tar; sparse, a file of that logical size without content is added.
std::string makeTar(const std::vector<Entry>& entries, std::int64_t sparse = 0)
{
    std::string out(1 << 20, '\0');
    std::size_t used = 0;
    archive* writer = ::archive_write_new();
    ::archive_write_set_format_pax(writer);
    ::archive_write_open_memory(writer, out.data(), out.size(), &used);
    for (const Entry& each : entries) {
        archive_entry* entry = ::archive_entry_new();
        ::archive_entry_set_pathname(entry, each.path.c_str());
        ::archive_entry_set_filetype(entry, each.type);
        ::archive_entry_set_perm(entry, each.mode);
        ::archive_entry_set_size(entry, 0);
        if (each.hardLink)
            ::archive_entry_set_hardlink(entry, each.content.c_str());
        else if (each.type == AE_IFLNK)
            ::archive_entry_set_symlink(entry, each.content.c_str());
        else if (each.type == AE_IFREG)
            ::archive_entry_set_size(entry, static_cast<la_int64_t>(each.content.size()));
        ::archive_write_header(writer, entry);
        if (each.type == AE_IFREG && !each.hardLink)
            ::archive_write_data(writer, each.content.data(), each.content.size());
        ::archive_entry_free(entry);
    }
    if (sparse > 0) {
        archive_entry* entry = ::archive_entry_new();
        ::archive_entry_set_pathname(entry, "hole");
        ::archive_entry_set_filetype(entry, AE_IFREG);
        ::archive_entry_set_perm(entry, 0644);
        ::archive_entry_set_size(entry, sparse);
        ::archive_entry_sparse_add_entry(entry, 0, 1);
        ::archive_write_header(writer, entry);
        ::archive_write_data(writer, "x", 1);
        ::archive_entry_free(entry);
    }
    ::archive_write_close(writer);
    ::archive_write_free(writer);
    out.resize(used);
    return out;
}

std::string read(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string messageOf(const absl::Status& status)
{
    return status.ok() ? "ok" : awsErrorOf(status).message;
}

std::string zstdOf(const std::string& text)
{
    std::string out(::ZSTD_compressBound(text.size()), '\0');
    out.resize(::ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

// A root file system in which layers are laid, with a secret beside it that none may reach.
class Lab {
public:
    Lab()
    {
        fs::create_directory(root);
        std::ofstream(fs::path(base.path().toStdString()) / "secret") << "secret";
        tree.emplace(UniqueFd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    }

    absl::Status lay(const std::string& bytes)
    {
        const fs::path file = fs::path(base.path().toStdString()) / "layer";
        std::ofstream(file, std::ios::binary) << bytes;
        LayerStream stream(UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC)));
        absl::Status status = unpackLayer(stream, *tree, limits, soFar);
        if (status.ok())
            digest = stream.digest();
        return status;
    }
    absl::Status lay(const std::vector<Entry>& entries) { return lay(makeTar(entries)); }

    bool has(const std::string& path) const { return fs::exists(fs::symlink_status(root / path)); }
    // What is beside the root; nothing else may have come there.
    std::size_t beside() const
    {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(root.parent_path()), fs::directory_iterator()));
    }

    QTemporaryDir base;
    const fs::path root = fs::path(base.path().toStdString()) / "root";
    std::optional<RootTree> tree;
    UnpackLimits limits;
    UnpackedSoFar soFar;
    std::string digest;
};

} // namespace

class ImagesTest final : public QObject {
    Q_OBJECT

private slots:
    void layersCome();
    void whiteouts();
    void hostilePaths_data();
    void hostilePaths();
    void linksStayInside();
    void devicesAreLeftOut();
    void bombs();
    void mountPointsAreReal();
    void manifests();
    void references();
    void storeKeepsWhatIsUsed();
    void archives();
};

void ImagesTest::layersCome()
{
    const std::string tar = makeTar({directory("bin"), {"bin/tool", "run", AE_IFREG, false, 04755},
                                     {"./data", "text"}, {"/absolute", "in the root"}});
    for (const std::string& bytes : {tar, gzip(tar), zstdOf(tar)}) {
        Lab lab;
        QCOMPARE(messageOf(lab.lay(bytes)), std::string("ok"));
        QCOMPARE(lab.digest, digestOf(tar));
        QCOMPARE(read(lab.root / "bin/tool"), std::string("run"));
        QCOMPARE(read(lab.root / "absolute"), std::string("in the root"));
        struct stat info {};
        QCOMPARE(::stat((lab.root / "bin/tool").c_str(), &info), 0);
        QCOMPARE(info.st_mode & 07777, 0755u); // not set-user-ID
    }
    Lab lab;
    QVERIFY(!lab.lay(gzip(tar).substr(0, 60)).ok());
    QVERIFY(!lab.lay("no archive at all, but text that is long enough").ok());
    QCOMPARE(lab.lay(makeTar({{"a", "1"}})), absl::OkStatus());
    QCOMPARE(lab.lay(makeTar({{"a", "2"}})), absl::OkStatus());
    QCOMPARE(read(lab.root / "a"), std::string("2"));
}

void ImagesTest::whiteouts()
{
    Lab lab;
    QCOMPARE(lab.lay({directory("d"), {"d/a", "1"}, {"d/b", "1"}, directory("o"), {"o/x", "1"},
                      directory("o/sub"), {"o/sub/y", "1"}, directory("gone"), {"gone/z", "1"}}),
             absl::OkStatus());
    // Before and after the files that the same layer brings.
    QCOMPARE(lab.lay({{"d/.wh.a", ""}, {"d/c", "2"}, {"d/.wh.c", ""}, {"o/new", "2"},
                      {"o/.wh..wh..opq", ""}, {"o/sub/own", "2"}, {".wh.gone", ""},
                      {".wh.absent", ""}}),
             absl::OkStatus());
    QVERIFY(!lab.has("d/a"));
    QVERIFY(lab.has("d/b"));
    QVERIFY(lab.has("d/c")); // its own
    QVERIFY(lab.has("o/new"));
    QVERIFY(!lab.has("o/x"));
    QVERIFY(!lab.has("o/sub/y"));
    QVERIFY(lab.has("o/sub/own"));
    QVERIFY(!lab.has("gone"));
    QVERIFY(!lab.has("d/.wh.a") && !lab.has("o/.wh..wh..opq"));
    QVERIFY(!lab.lay({{"d/.wh...", ""}}).ok()); // hides ".."
    QVERIFY(!lab.lay({{"d/.wh.", ""}}).ok());
    QVERIFY(lab.has("d/b"));
}

void ImagesTest::hostilePaths_data()
{
    QTest::addColumn<QStringList>("paths"); // the last is what is written
    QTest::newRow("up") << QStringList{"../escaped"};
    QTest::newRow("up in the middle") << QStringList{"a/../../escaped"};
    QTest::newRow("too long") << QStringList{QString("x/").repeated(2000)};
    QTest::newRow("too deep") << QStringList{QString("x/").repeated(260) + "y"};
}

void ImagesTest::hostilePaths()
{
    QFETCH(QStringList, paths);
    Lab lab;
    QVERIFY(!lab.lay({{paths.last().toStdString(), "escaped"}}).ok());
    QCOMPARE(lab.beside(), std::size_t(3)); // root, secret, layer
    QCOMPARE(RootTree::clear(lab.tree->fd()), absl::OkStatus());
}

void ImagesTest::linksStayInside()
{
    Lab lab;
    const std::string outside = lab.root.parent_path().string();
    // Absolute links and those that climb are looked up below the root.
    QCOMPARE(lab.lay({symbolicLink("abs", outside), symbolicLink("up", "../../.."), symbolicLink("file", outside + "/secret"),
                      symbolicLink("chain", "up/" + outside.substr(1))}),
             absl::OkStatus());
    QVERIFY(!lab.lay({{"abs/planted", "x"}}).ok()); // leads nowhere in the image
    QCOMPARE(lab.lay({{"up/planted", "x"}}), absl::OkStatus());
    QCOMPARE(read(lab.root / "planted"), std::string("x"));
    QVERIFY(!lab.lay({{"chain/planted", "x"}}).ok());
    QCOMPARE(lab.lay({{"file", "replaced"}}), absl::OkStatus()); // the link, not what it leads to
    QVERIFY(!lab.lay({{"abs/.wh.secret", ""}}).ok());
    QVERIFY(!lab.lay({hardLink("hard", "../secret")}).ok());
    QVERIFY(!lab.lay({hardLink("hard", outside + "/secret")}).ok());
    QVERIFY(!lab.lay({hardLink("hard", "abs/secret")}).ok());
    QCOMPARE(lab.lay({symbolicLink("s", outside + "/secret"), hardLink("hard", "s")}), absl::OkStatus());
    QVERIFY(fs::is_symlink(lab.root / "hard")); // to the link itself
    QCOMPARE(read(lab.root.parent_path() / "secret"), std::string("secret"));
    QCOMPARE(lab.beside(), std::size_t(3));
    // Legitimate ones do work, also over a link.
    QCOMPARE(lab.lay({directory("usr"), directory("usr/lib"), symbolicLink("lib", "usr/lib"),
                      {"lib/a.so", "code"}, hardLink("usr/lib/b.so", "lib/a.so")}),
             absl::OkStatus());
    QCOMPARE(read(lab.root / "usr/lib/b.so"), std::string("code"));
}

void ImagesTest::devicesAreLeftOut()
{
    Lab lab;
    QCOMPARE(lab.lay({directory("dev"), {"dev/sda", "", AE_IFBLK}, {"dev/mem", "", AE_IFCHR},
                      {"pipe", "", AE_IFIFO}, {"dev/file", "x"}}),
             absl::OkStatus());
    QVERIFY(!lab.has("dev/sda") && !lab.has("dev/mem") && !lab.has("pipe"));
    QVERIFY(lab.has("dev/file"));
}

void ImagesTest::bombs()
{
    Lab lab;
    lab.limits.bytes = 100'000;
    lab.limits.entries = 10;
    QVERIFY(messageOf(lab.lay({{"a", std::string(60'000, 'x')}, {"b", std::string(60'000, 'x')}}))
                .find("100000 bytes") != std::string::npos);
    lab.soFar = {};
    QVERIFY(!lab.lay(makeTar({}, 10LL << 30)).ok()); // a hole counts
    lab.soFar = {};
    // What is skipped is counted too: a gzip of zeros behind the end of the archive.
    QVERIFY(!lab.lay(gzip(makeTar({{"a", "x"}}) + std::string(20 << 20, '\0'))).ok());
    lab.soFar = {};
    std::vector<Entry> many;
    for (int i = 0; i < 11; ++i)
        many.push_back({"f" + std::to_string(i), ""});
    QVERIFY(messageOf(lab.lay(many)).find("more than 10 files") != std::string::npos);
    lab.soFar = {};
    QCOMPARE(lab.lay({{"a", "x"}}), absl::OkStatus());
}

void ImagesTest::mountPointsAreReal()
{
    Lab lab;
    const std::string outside = lab.root.parent_path().string();
    QCOMPARE(lab.lay({symbolicLink("tmp", outside), symbolicLink("proc", "/etc"), {"dev", "a file"},
                      directory("etc"), symbolicLink("etc/hosts", outside + "/secret")}),
             absl::OkStatus());
    QCOMPARE(makeMountPoints(*lab.tree), absl::OkStatus());
    for (const char* path : {"tmp", "proc", "dev", "sys/fs/cgroup"})
        QVERIFY2(fs::is_directory(fs::symlink_status(lab.root / path)), path);
    QVERIFY(fs::is_regular_file(fs::symlink_status(lab.root / "etc/hosts")));
    QCOMPARE(read(lab.root.parent_path() / "secret"), std::string("secret"));
}

void ImagesTest::manifests()
{
    const std::string digest = digestOf("x");
    const std::string good = R"({"config":{"mediaType":"c","digest":")" + digest +
                             R"(","size":1},"layers":[]})";
    QVERIFY(parseManifest(good, "").ok());
    QVERIFY(parseManifest(good, std::string(kOciManifest)).ok());
    QVERIFY(!parseManifest(good, "application/vnd.docker.distribution.manifest.v1+prettyjws").ok());
    for (const char* bad : {"", "[]", "{}", R"({"layers":[]})", R"({"config":{},"layers":[]})",
                            R"({"config":{"digest":"sha256:../../x","size":1},"layers":[]})",
                            R"({"config":3,"layers":{}})"})
        QVERIFY2(!parseManifest(bad, "").ok(), bad);
    const auto config = parseImageConfig(
        R"({"architecture":"amd64","config":{"Entrypoint":["/run"],"Env":["A=1","bad","=x"]},)"
        R"("rootfs":{"diff_ids":["x"]}})");
    QVERIFY(config.ok());
    QCOMPARE(config->architecture, std::string("x86_64"));
    QCOMPARE(config->env, std::vector<std::string>{"A=1"});
}

void ImagesTest::references()
{
    Reference r;
    QVERIFY(parseReference("127.0.0.1:4566/team/app:v1", r));
    QCOMPARE(r.host + "|" + r.repository + "|" + r.tag, std::string("127.0.0.1:4566|team/app|v1"));
    QVERIFY(parseReference("app", r));
    QCOMPARE(r.host + "|" + r.repository + "|" + r.tag, std::string("|app|latest"));
    QVERIFY(parseReference("localhost:1/app@" + digestOf("x"), r));
    QCOMPARE(r.digest, digestOf("x"));
    for (const char* bad : {"", ":tag", "App", "a//b", "a/../b", "app:ta g", "app@sha256:12",
                            "app:", "a/b/:x", "-a", "a-"})
        QVERIFY2(!parseReference(bad, r), bad);
}

// Blobs and roots live as long as a repository or a lease has them, over restarts as well.
void ImagesTest::storeKeepsWhatIsUsed()
{
    QTemporaryDir base;
    const fs::path directory = base.path().toStdString();
    boost::asio::io_context io;
    const Clock clock;
    std::unique_ptr<ImageStore> store;
    const auto reopen = [&] {
        store.reset();
        auto opened = ImageStore::open(io, directory / "images", directory / "images.db", clock);
        QVERIFY2(opened.ok(), messageOf(opened.status()).c_str());
        store = *std::move(opened);
    };
    const auto await = [&](const std::function<bool()>& condition) {
        for (int i = 0; i < 4000 && !condition(); ++i) {
            io.restart();
            io.run_for(std::chrono::milliseconds(5));
        }
        return condition();
    };
    reopen();
    const std::string tar = makeTar({{"marker", "here"}});
    const std::string config =
        R"({"architecture":"amd64","rootfs":{"diff_ids":[")" + digestOf(tar) + "\"]}}";
    const std::string layer = gzip(tar);
    const auto descriptor = [](const std::string& bytes) {
        return R"({"mediaType":"x","digest":")" + digestOf(bytes) +
               R"(","size":)" + std::to_string(bytes.size()) + "}";
    };
    const std::string manifest =
        R"({"config":)" + descriptor(config) + R"(,"layers":[)" + descriptor(layer) + "]}";
    const auto put = [&] {
        std::optional<absl::StatusOr<ImagePtr>> got;
        store->put("app", "v1", manifest, std::string(kOciManifest), "",
                   [&](absl::StatusOr<ImagePtr> image) { got = std::move(image); });
        return await([&] { return got.has_value(); }) ? got->status() : absl::UnknownError("late");
    };
    QCOMPARE(awsErrorOf(put()).name, std::string("ManifestBlobUnknown"));
    QCOMPARE(store->blobs().put(config), absl::OkStatus());
    QCOMPARE(store->blobs().put(layer), absl::OkStatus());
    {
        auto writer = store->blobs().begin();
        QVERIFY(writer.ok());
        QCOMPARE((*writer)->append("other"), absl::OkStatus());
        QCOMPARE(awsErrorOf((*writer)->keep(digestOf("content")).status()).name,
                 std::string("DigestInvalid"));
    }
    QCOMPARE(put(), absl::OkStatus());
    const std::string digest = digestOf(manifest);
    QVERIFY(store->find("app", "v1") && store->find("app", digest));

    ImageLease lease = store->lease(digest);
    store->sweep();
    bool prepared = false;
    store->prepare(digest, [&](const absl::Status& status) { prepared = status.ok(); });
    QVERIFY(await([&] { return prepared; }));
    QCOMPARE(read(store->rootOf(digest) / "marker"), std::string("here"));
    bool removed = false;
    store->removeImage("app", digest, [&](const absl::Status& status) { removed = status.ok(); });
    QVERIFY(await([&] { return removed; }));
    QVERIFY(!store->find("app", "v1"));
    QVERIFY(store->isPrepared(digest) && store->blobs().sizeOf(digestOf(layer)));

    // As after kill -9: what was half-written is gone, what is leased stays.
    lease.reset();
    store.reset();
    std::ofstream(directory / "images/blobs/incoming/half") << "x";
    fs::create_directories(directory / "images/unpacking/half/deep");
    reopen();
    QVERIFY(!fs::exists(directory / "images/blobs/incoming/half"));
    QVERIFY(await([&] { return fs::is_empty(directory / "images/unpacking"); }));
    lease = store->lease(digest);
    store->sweep();
    QVERIFY(store->image(digest) && store->isPrepared(digest));
    lease.reset();
    QVERIFY(await([&] { return !store->isPrepared(digest); }));
    QVERIFY(await([&] { return !fs::exists(store->blobs().pathOf(digestOf(layer))); }));
    QVERIFY(!store->image(digest));
}

// Of OCI and of docker save; what they claim is checked.
void ImagesTest::archives()
{
    QTemporaryDir base;
    const fs::path directory = base.path().toStdString();
    const auto blobs = Blobs::open(directory / "blobs");
    QVERIFY(blobs.ok());
    const std::string tar = makeTar({{"marker", "here"}});
    const std::string config =
        R"({"architecture":"amd64","rootfs":{"diff_ids":[")" + digestOf(tar) + "\"]}}";
    const auto descriptor = [](const std::string& bytes, const std::string& type) {
        return R"({"mediaType":")" + type + R"(","digest":")" + digestOf(bytes) + R"(","size":)" +
               std::to_string(bytes.size());
    };
    const std::string manifest = R"({"schemaVersion":2,"config":)" + descriptor(config, "c") +
                                 R"(},"layers":[)" + descriptor(tar, "l") + "}]}";
    const std::string index =
        R"({"manifests":[)" + descriptor(manifest, std::string(kOciManifest)) +
        R"(,"annotations":{"org.opencontainers.image.ref.name":"app:v2"}}]})";
    const auto blob = [](const std::string& bytes) { return "blobs/sha256/" + hexOf(digestOf(bytes)); };
    const auto import = [&](const std::string& archive) {
        std::ofstream(directory / "archive", std::ios::binary) << archive;
        return importArchive(**blobs, directory / "archive");
    };
    const std::vector<Entry> layout = {{"oci-layout", "{}"}, {blob(tar), tar}, {blob(config), config},
                                       {blob(manifest), manifest}, {"index.json", index}};
    for (const std::string& archive : {makeTar(layout), gzip(makeTar(layout))}) {
        const auto imported = import(archive);
        QVERIFY2(imported.ok(), messageOf(imported.status()).c_str());
        QCOMPARE(imported->manifest, manifest);
        QCOMPARE(imported->name, std::string("app:v2"));
    }
    QVERIFY((*blobs)->sizeOf(digestOf(tar)));

    const auto docker = import(makeTar(
        {{"manifest.json", R"([{"Config":"c.json","RepoTags":["app:v3"],"Layers":["l/layer.tar","m"]}])"},
         {"c.json", config}, {"l/layer.tar", tar}, symbolicLink("m", "../l/layer.tar")}));
    QVERIFY2(docker.ok(), messageOf(docker.status()).c_str());
    QCOMPARE(docker->name, std::string("app:v3"));
    const auto parsed = parseManifest(docker->manifest, docker->mediaType);
    QVERIFY(parsed.ok());
    QCOMPARE(parsed->layers.size(), std::size_t(2));
    QCOMPARE(parsed->layers[1].digest, digestOf(tar));
    QCOMPARE(parsed->config.digest, digestOf(config));

    std::vector<Entry> forged = layout;
    forged[1].content = "another layer";
    QVERIFY(messageOf(import(makeTar(forged)).status()).find("is not what its name says") !=
            std::string::npos);
    QVERIFY(!import("text").ok());
    QVERIFY(!import(makeTar({{"other", "x"}})).ok());
    const std::string missing = R"({"manifests":[)" + descriptor("gone", "m") + "}]}";
    QVERIFY(!import(makeTar({{"index.json", missing}})).ok());
    QVERIFY(!import(makeTar({{"blobs/sha256/../../x", "x"}, {"index.json", index}})).ok());
    QVERIFY(!importArchive(**blobs, "/dev/zero").ok());
    QVERIFY(!importArchive(**blobs, directory).ok());
}

QTEST_GUILESS_MAIN(ImagesTest)
#include "images_test.moc"
