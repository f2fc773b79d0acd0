#include "backend/base/error.h"
#include "backend/base/worker_pool.h"
#include "backend/store/code_store.h"
#include "backend/store/zip.h"
#include "backend/store/zip_paths.h"
#include "tests/unit/backend/zip_maker.h"

#include <archive.h>
#include <archive_entry.h>
#include <boost/asio/io_context.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <sys/mount.h>
#include <sys/stat.h>

using namespace gantry;
using namespace gantry::store;
using gantry::test::makeZip;
using gantry::test::ZipEntry;
namespace fs = std::filesystem;

namespace {

constexpr const char* kBroken =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";

std::string read(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

unsigned modeOf(const fs::path& file)
{
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

std::string messageOf(const absl::Status& status)
{
    return awsErrorOf(status).message;
}

// A zip with one deflated file of zeros.
std::string makeBomb(std::size_t size)
{
    std::string zip(size / 100 + 4096, '\0');
    std::size_t used = 0;
    archive* writer = archive_write_new();
    archive_write_set_format_zip(writer);
    archive_write_open_memory(writer, zip.data(), zip.size(), &used);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, "zeros");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(size));
    archive_write_header(writer, entry);
    const std::string zeros(size, '\0');
    archive_write_data(writer, zeros.data(), zeros.size());
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
    zip.resize(used);
    return zip;
}

// Everything below the directory, links not followed.
std::set<std::string> listing(const fs::path& directory)
{
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
        names.insert(fs::relative(entry.path(), directory).string());
    return names;
}

bool everyLinkStaysInside(const fs::path& directory)
{
    const std::string root = fs::canonical(directory).string();
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (!entry.is_symlink())
            continue;
        const fs::path target = fs::read_symlink(entry.path());
        if (target.is_absolute())
            continue; // only /var/task/... gets this far, see linksStayInside
        std::error_code error;
        const std::string end =
            fs::weakly_canonical(entry.path().parent_path() / target, error).string();
        if (!error && end != root && end.rfind(root + "/", 0) != 0)
            return false;
    }
    return true;
}

} // namespace

class CodeStoreTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_directory.emplace();
        m_path = m_directory->path().toStdString();
        m_out = m_path / "out";
        fs::create_directory(m_out);
    }

    void unpacksFilesFoldersLinksAndModes()
    {
        const std::string zip = makeZip({{.name = "main.py", .data = "print(1)"},
                                         {.name = "bootstrap", .data = "#!", .mode = 0100700},
                                         {.name = "plain", .data = "x", .mode = 0100664},
                                         {.name = "secret", .data = "x", .mode = 0100600},
                                         {.name = "windows", .data = "x", .mode = 0, .system = 0},
                                         {.name = "nomode", .data = "x", .mode = 0},
                                         {.name = "lib/", .mode = 040700},
                                         {.name = "lib/deep/er/x.js", .data = "1"},
                                         {.name = "./lib//y.js", .data = "2"},
                                         {.name = "bin/x", .data = "../lib/y.js", .mode = 0120777},
                                         {.name = "näme ☃", .data = "3"},
                                         {.name = "fifo", .data = "x", .mode = 0010666},
                                         {.name = "empty", .data = ""}});
        const auto summary = unpackZip(zip, m_out);
        QVERIFY2(summary.ok(), messageOf(summary.status()).c_str());
        QCOMPARE(read(m_out / "main.py"), std::string("print(1)"));
        QCOMPARE(modeOf(m_out / "main.py"), 0444u);
        QCOMPARE(modeOf(m_out / "bootstrap"), 0555u);
        QCOMPARE(modeOf(m_out / "plain"), 0444u);
        QCOMPARE(modeOf(m_out / "secret"), 0444u);
        QCOMPARE(modeOf(m_out / "windows"), 0555u);
        QCOMPARE(modeOf(m_out / "nomode"), 0555u);
        QCOMPARE(modeOf(m_out / "lib"), 0755u);
        QCOMPARE(modeOf(m_out / "lib/deep/er"), 0755u);
        QCOMPARE(read(m_out / "lib/deep/er/x.js"), std::string("1"));
        QCOMPARE(read(m_out / "bin/x"), std::string("2"));
        QCOMPARE(read(m_out / "näme ☃"), std::string("3"));
        QVERIFY(fs::is_empty(m_out / "empty"));
        // libarchive takes what claims to be a named pipe for a file.
        QVERIFY(fs::is_regular_file(m_out / "fifo"));
        QCOMPARE(summary->unpackedBytes, std::int64_t(8 + 2 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1));
    }

    void refusesHostileArchives_data()
    {
        QTest::addColumn<QByteArray>("zip");
        const auto row = [](const char* name, const std::string& zip) {
            QTest::newRow(name) << QByteArray::fromStdString(zip);
        };
        const auto one = [](ZipEntry entry) { return makeZip({std::move(entry)}); };
        row("not a zip", "this is no archive at all, just some text that is long enough");
        row("cut off", one({.name = "a", .data = std::string(500, 'x')}).substr(0, 300));
        row("directory only", makeZip({{.name = "a", .data = "x"}}).substr(32));
        row("wrong checksum", one({.name = "a", .data = "xyz", .wrongChecksum = true}));
        row("climbs out", one({.name = "../evil", .data = "x"}));
        row("climbs out deep", one({.name = "a/b/../../../evil", .data = "x"}));
        row("climbs and stays", one({.name = "a/../b", .data = "x"}));
        row("absolute", one({.name = "/etc/evil", .data = "x"}));
        row("drive letter", one({.name = "C:/evil", .data = "x"}));
        row("drive letter, backslash", one({.name = "C:\\evil", .data = "x"}));
        row("backslashes", one({.name = "a\\..\\..\\evil", .data = "x"}));
        row("no name", one({.name = "", .data = "x"}));
        row("invalid UTF-8", one({.name = "a\xff\xfe", .data = "x", .flags = 0}));
        row("overlong UTF-8", one({.name = "a\xc0\xaf", .data = "x", .flags = 0}));
        row("long name", one({.name = std::string(300, 'n'), .data = "x"}));
        row("long path", one({.name = std::string(2000, '/') + "n", .data = "x"}));
        row("twice", makeZip({{.name = "a", .data = "1"}, {.name = "./a", .data = "2"}}));
        row("file and folder", makeZip({{.name = "a", .data = "1"}, {.name = "a/b", .data = "2"}}));
        row("encrypted", one({.name = "a", .data = "123456789012xyz", .flags = 0x801}));
        row("unknown method", one({.name = "a", .data = "xyz", .method = 77}));
        row("device", one({.name = "a", .mode = 0020666}));
        row("block device", one({.name = "a", .mode = 0060666}));
        row("socket", one({.name = "a", .mode = 0140666}));
        row("link outside", one({.name = "a", .data = "../x", .mode = 0120777}));
        row("link to root", one({.name = "a", .data = "/etc/passwd", .mode = 0120777}));
        row("link out through the mount",
            one({.name = "a", .data = "/var/task/../../etc", .mode = 0120777}));
        row("link through a link", one({.name = "d/a", .data = "e/../../..", .mode = 0120777}));
        row("empty link", one({.name = "a", .data = "", .mode = 0120777}));
        row("below a link",
            makeZip({{.name = "a", .data = "b", .mode = 0120777}, {.name = "a/c", .data = "x"}}));
        row("link over a folder",
            makeZip({{.name = "a/c", .data = "x"}, {.name = "a", .data = "b", .mode = 0120777}}));
    }

    void refusesHostileArchives()
    {
        QFETCH(QByteArray, zip);
        const auto before = listing(m_path);
        for (const auto& result :
             {inspectZip(zip.toStdString()), unpackZip(zip.toStdString(), m_out)}) {
            QVERIFY(!result.ok());
            QCOMPARE(awsErrorOf(result.status()).name,
                     std::string("InvalidParameterValueException"));
            QVERIFY2(messageOf(result.status()).rfind(kBroken, 0) == 0,
                     messageOf(result.status()).c_str());
        }
        for (const std::string& name : listing(m_path))
            QVERIFY2(before.contains(name) || name.rfind("out/", 0) == 0, name.c_str());
        QVERIFY(everyLinkStaysInside(m_out));
    }

    void namesTheEntryThatIsWrong()
    {
        const auto result = inspectZip(makeZip({{.name = "../e\nvil", .data = "x"}}));
        QVERIFY(messageOf(result.status()).find("(../e\\nvil: the path leaves the package") !=
                std::string::npos);
    }

    void linksStayInside_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("target");
        QTest::addColumn<bool>("inside");
        const auto row = [](const char* path, const char* target, bool inside) {
            QTest::newRow(qPrintable(
                QStringLiteral("%1 -> %2").arg(QLatin1String(path), QLatin1String(target))))
                << QString::fromLatin1(path) << QString::fromLatin1(target) << inside;
        };
        row("a", "b", true);
        row("a", "./b/c", true);
        row("node_modules/.bin/tsc", "../typescript/bin/tsc", true);
        row("a/b/c", "../..", true);
        row("a", "/var/task/lib", true);
        row("a", "..", false);
        row("a/b", "../..", false);
        row("a/b", "x/../../..", false);
        row("a/b/c", "x/..", false);
        row("a", "/", false);
        row("a", "/var/tasks", false);
        row("a/b/c", "/var/task/..", false);
        row("a", "", false);
    }

    void linksStayInside()
    {
        QFETCH(QString, path);
        QFETCH(QString, target);
        QTEST(ZipPaths::linkStaysInside(path.toStdString(), target.toStdString()), "inside");
    }

    void countsWhatItUnpacksNotWhatTheArchiveSays()
    {
        std::string bomb = makeBomb(4 << 20);
        QVERIFY(bomb.size() < 64 * 1024);
        const auto result = unpackZip(bomb, m_out, {.unpackedBytes = 1 << 20});
        QCOMPARE(messageOf(result.status()),
                 std::string("Unzipped size must be smaller than 1048576 bytes"));
        QCOMPARE(awsErrorOf(result.status()).status, 400);
        QVERIFY(fs::file_size(m_out / "zeros") <= 1 << 20);
        QVERIFY(inspectZip(bomb, {.unpackedBytes = 4 << 20}).ok());
        QCOMPARE(ZipLimits().unpackedBytes, std::int64_t(262'144'000));
        std::vector<ZipEntry> many(60);
        for (std::size_t i = 0; i < many.size(); ++i)
            many[i].name = "f" + std::to_string(i);
        QVERIFY(inspectZip(makeZip(many), {.entries = 60}).ok());
        QVERIFY(!inspectZip(makeZip(many), {.entries = 59}).ok());
    }

    void anEmptyArchiveIsNoPackage()
    {
        QCOMPARE(messageOf(inspectZip(makeZip({})).status()),
                 std::string("Uploaded file must be a non-empty zip"));
    }

    // Whatever is done to a good archive, the result is a package or AWS's error, and nothing is
    // written outside of the folder.
    void survivesBrokenBytes()
    {
        const std::string good = makeZip({{.name = "main.py", .data = "print(1)"},
                                          {.name = "lib/x.js", .data = "let x = 1"},
                                          {.name = "bin/x", .data = "../lib/x.js", .mode = 0120777},
                                          {.name = "d/", .mode = 040755}});
        std::mt19937 random(20261123);
        int accepted = 0;
        for (int round = 0; round < 800; ++round) {
            std::string zip = good;
            for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
                static constexpr std::string_view kLikely("\0\xff/.\\P\1\2\x7f", 9);
                zip[random() % zip.size()] =
                    random() % 2 ? kLikely[random() % kLikely.size()] : static_cast<char>(random());
            }
            if (random() % 8 == 0)
                zip.resize(random() % zip.size());
            const auto inspected = inspectZip(zip);
            const std::string error = awsErrorOf(inspected.status()).name;
            QVERIFY2(inspected.ok() || error == "InvalidParameterValueException", error.c_str());
            if (!inspected.ok())
                continue;
            ++accepted;
            const fs::path out = m_out / std::to_string(round);
            fs::create_directory(out);
            const auto unpacked = unpackZip(zip, out);
            QVERIFY2(unpacked.ok(), messageOf(unpacked.status()).c_str());
            QCOMPARE(unpacked->unpackedBytes, inspected->unpackedBytes);
            QVERIFY(everyLinkStaysInside(out));
            fs::remove_all(out);
        }
        QVERIFY(accepted > 25);
        QCOMPARE(listing(m_path), (std::set<std::string>{"out"}));
    }

    void keepsPackagesByContent()
    {
        Store store(m_path / "code");
        const std::string zip = makeZip({{.name = "main.py", .data = "1"}});
        const auto first = store.add(zip);
        const auto second = store.add(zip);
        QVERIFY(first.ok() && second.ok());
        QCOMPARE(first->id, second->id);
        QCOMPARE(first->zipBytes, std::int64_t(zip.size()));
        QCOMPARE(first->id.size(), 64u);
        QVERIFY(!store.code->isUnpacked(first->id));
        QVERIFY(store.unpack(first->id).ok());
        QVERIFY(store.unpack(first->id).ok());
        QVERIFY(store.code->isUnpacked(first->id));
        QCOMPARE(read(store.code->directoryOf(first->id) / "main.py"), std::string("1"));
        QCOMPARE(*store.read(first->id), zip);
        QVERIFY(fs::is_empty(m_path / "code/incoming"));
    }

    void anInvalidPackageLeavesNothing()
    {
        Store store(m_path / "code");
        QVERIFY(!store.add("no zip").ok());
        QCOMPARE(listing(m_path / "code"), (std::set<std::string>{"incoming"}));
    }

    void removesAPackageWhenItsLastLeaseEnds()
    {
        Store store(m_path / "code");
        auto package = store.add(makeZip({{.name = "a", .data = "1"}}));
        QVERIFY(package.ok() && store.unpack(package->id).ok());
        const fs::path zip = store.code->zipOf(package->id);
        const fs::path directory = store.code->directoryOf(package->id);
        CodeLease running = store.code->lease(package->id);
        package->lease.reset();
        store.code->discard(package->id);
        QVERIFY(fs::exists(zip) && fs::exists(directory));
        running.reset();
        QTRY_VERIFY(!fs::exists(zip) && !fs::exists(directory));
    }

    void aPackageThatIsDeployedAgainStays()
    {
        Store store(m_path / "code");
        const std::string zip = makeZip({{.name = "a", .data = "1"}});
        auto package = store.add(zip);
        store.code->discard(package->id);
        const auto again = store.add(zip);
        package->lease.reset();
        // The pool has one thread: a removal would be over when this read is.
        QVERIFY(store.read(again->id).ok());
    }

    void aStartForgetsWhatAKilledDaemonLeft()
    {
        std::string kept;
        std::string unreferenced;
        {
            Store store(m_path / "code");
            kept = store.add(makeZip({{.name = "a", .data = "1"}}))->id;
            unreferenced = store.add(makeZip({{.name = "a", .data = "2"}}))->id;
        }
        std::ofstream(m_path / "code/incoming/half") << "half a zip";
        fs::create_directories(m_path / "code/incoming/dir/x");
        Store store(m_path / "code");
        QVERIFY(fs::is_empty(m_path / "code/incoming"));
        store.code->keepOnly({kept});
        QTRY_VERIFY(!fs::exists(store.code->zipOf(unreferenced)));
        QVERIFY(fs::exists(store.code->zipOf(kept)));
    }

    void aFullDiskIsAClearErrorAndLeavesNoHalf()
    {
        const fs::path small = m_path / "small";
        fs::create_directory(small);
        if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=512k") != 0)
            QSKIP("mounting a small file system needs root");
        const auto unmount = qScopeGuard([&] { ::umount2(small.c_str(), MNT_DETACH); });
        {
            Store store(small);
            const auto large =
                store.add(makeZip({{.name = "a", .data = std::string(2 << 20, 'x')}}));
            QVERIFY(!large.ok());
            QVERIFY2(messageOf(large.status()).find("is full") != std::string::npos,
                     messageOf(large.status()).c_str());
            QVERIFY(fs::is_empty(small / "incoming"));
            const auto bomb = store.add(makeBomb(2 << 20));
            QVERIFY(bomb.ok());
            const absl::Status unpacked = store.unpack(bomb->id);
            QVERIFY2(messageOf(unpacked).find("is full") != std::string::npos,
                     messageOf(unpacked).c_str());
            QVERIFY(fs::is_empty(small / "incoming"));
            QVERIFY(!store.code->isUnpacked(bomb->id));
            const auto little = store.add(makeZip({{.name = "a", .data = "1"}}));
            QVERIFY(little.ok() && store.unpack(little->id).ok());
        }
    }

private:
    // The store with a loop to wait on.
    struct Store {
        explicit Store(const fs::path& directory)
            : pool(1), code(*CodeStore::open(io, pool, directory))
        {
        }
        absl::StatusOr<CodePackage> add(const std::string& zip)
        {
            absl::StatusOr<CodePackage> result = absl::UnknownError("no answer");
            code->add(zip, [&](absl::StatusOr<CodePackage> added) { result = std::move(added); });
            run();
            return result;
        }
        absl::Status unpack(const std::string& id)
        {
            absl::Status result = absl::UnknownError("no answer");
            code->unpack(id, [&](absl::Status status) { result = std::move(status); });
            run();
            return result;
        }
        absl::StatusOr<std::string> read(const std::string& id)
        {
            absl::StatusOr<std::string> result = absl::UnknownError("no answer");
            code->read(id, [&](absl::StatusOr<std::string> data) { result = std::move(data); });
            run();
            return result;
        }
        void run()
        {
            io.restart();
            io.run();
        }

        boost::asio::io_context io;
        WorkerPool pool;
        std::unique_ptr<CodeStore> code;
    };

    std::optional<QTemporaryDir> m_directory;
    fs::path m_path;
    fs::path m_out;
};

QTEST_APPLESS_MAIN(CodeStoreTest)
#include "code_store_test.moc"
