// The library of container images, against a server that the test plays.
#include "aws/lambda.pb.h"
#include "gantry/v1/images.pb.h"
#include "tests/support/control_checker.h"
#include "tests/support/grpc_server.h"
#include "ui/pages/page.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include <map>
#include <memory>
#include <mutex>

namespace gantry::ui {
Page* makeImagesPage(const Services& services, QWidget* parent);
}

using namespace gantry;

namespace {

constexpr const char* kImages = "/gantry.v1.Images/";

v1::ImageLibrary library()
{
    v1::ImageLibrary library;
    library.set_registry("127.0.0.1:4566");
    v1::LibraryImage& app = *library.add_images();
    app.set_repository("team/resize");
    app.add_tags("v2");
    app.add_tags("latest");
    app.set_digest("sha256:" + std::string(64, 'a'));
    app.set_uri("127.0.0.1:4566/team/resize:v2");
    app.set_pushed_ms(1'700'000'000'000);
    app.set_layer_bytes(73'400'320);
    app.set_architecture("x86_64");
    app.add_entry_point("/usr/bin/python3");
    app.add_command("app.handler");
    app.set_working_directory("/var/task");
    app.add_functions("thumbnails");
    for (const char* digit : {"1", "2", "3"}) {
        v1::ImageLayer& layer = *app.add_layers();
        layer.set_digest("sha256:" + std::string(64, *digit));
        layer.set_media_type("application/vnd.oci.image.layer.v1.tar+gzip");
        layer.set_bytes(20'971'520);
    }
    v1::LibraryImage& other = *library.add_images();
    other = app;
    other.set_repository("several");
    other.set_uri("127.0.0.1:4566/several:v1");
    other.clear_layers();
    other.clear_functions();
    other.set_problem("it is an index of images for several architectures");
    return library;
}

void picture(QWidget& widget, const char* name)
{
    const QString directory = qEnvironmentVariable("GANTRY_SCREENSHOTS");
    if (directory.isEmpty())
        return;
    widgets::Theme& theme = widgets::Theme::current();
    for (const bool dark : {false, true}) {
        theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
        QTest::qWait(100);
        widget.grab().save(QStringLiteral("%1/%2-%3.png")
                               .arg(directory, QLatin1String(name), dark ? "dark" : "light"));
    }
    theme.setMode(widgets::Theme::Mode::Light);
}

} // namespace

class ImagesPageTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { widgets::Theme::current().install(*qApp); }

    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        const QString path = m_directory->filePath(QStringLiteral("s"));
        m_server = std::make_unique<test::GrpcServer>(path.toStdString());
        m_asked.clear();
        QVERIFY(m_server->start());
        m_channel = std::make_unique<rpc::Channel>();
        m_channel->open(path);
        QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), 60'000);
    }

    void cleanup()
    {
        m_page.reset();
        m_channel.reset();
        m_server.reset();
    }

    void importsWhatIsDropped()
    {
        serve(kImages, "ListImages", v1::ImageLibrary());
        v1::ImportedImage imported;
        imported.set_uri("127.0.0.1:4566/my-app:v3");
        serve(kImages, "ImportImage", imported);
        open();
        picture(*m_page, "images-empty");
        QVERIFY(drop(QStringLiteral("/data/My_App.oci.tar.gz")));
        auto* repository = find<QLineEdit>("importRepository");
        QVERIFY(repository->isVisible());
        QCOMPARE(repository->text(), QStringLiteral("my-app"));
        find<QLineEdit>("importTag")->setText(QStringLiteral("v3"));
        picture(*m_page, "images-import");
        QCOMPARE(test::controlProblems(*m_page).join(QStringLiteral("; ")), QString());
        QSignalSpy said(m_page.get(), &ui::Page::messageRequested);
        find<QPushButton>("importImage")->click();
        QTRY_COMPARE(said.count(), 1);
        QVERIFY(said[0][0].toString().contains(QStringLiteral("my-app:v3")));
        v1::ImportImageRequest request;
        QVERIFY(request.ParseFromString(asked("ImportImage")));
        QCOMPARE(request.path(), std::string("/data/My_App.oci.tar.gz"));
        QCOMPARE(request.repository() + ":" + request.tag(), std::string("my-app:v3"));
        QVERIFY(!repository->isVisible());
    }

    void saysWhatIsWrongWithAnArchive()
    {
        serve(kImages, "ListImages", v1::ImageLibrary());
        open();
        QVERIFY(drop(QStringLiteral("/data/x.tar")));
        find<QPushButton>("importImage")->click();
        QTRY_VERIFY(find<QLabel>("importProblem")->isVisible());
        QVERIFY(find<QPushButton>("importImage")->isEnabled());
    }

    void showsAndDeploys()
    {
        serve(kImages, "ListImages", library());
        serve("/gantry.aws.lambda.Lambda/", "CreateFunction", aws::lambda::FunctionConfiguration());
        open();
        auto* table = find<QTableView>("imageTable");
        QTRY_COMPARE(table->model()->rowCount(), 2);
        QTRY_COMPARE(find<QTableView>("imageLayerTable")->model()->rowCount(), 3);
        QVERIFY(find<QLabel>("imageProgram")->text().contains(QStringLiteral("/usr/bin/python3 app.handler")));
        QCOMPARE(table->model()->index(0, 2).data().toString(), QStringLiteral("70.0 MB"));
        picture(*m_page, "images");
        find<QPushButton>("deployImage")->click();
        auto* name = find<QLineEdit>("deployImageName");
        QCOMPARE(name->text(), QStringLiteral("resize"));
        auto* create = find<QPushButton>("deployImageNow");
        name->clear();
        QVERIFY(!create->isEnabled());
        name->setText(QStringLiteral("resizer"));
        find<QSpinBox>("deployImageMemory")->setValue(1024);
        picture(*m_page, "images-deploy");
        QCOMPARE(test::controlProblems(*m_page).join(QStringLiteral("; ")), QString());
        QSignalSpy opened(m_page.get(), &ui::Page::openRequested);
        create->click();
        QTRY_COMPARE(opened.count(), 1);
        QCOMPARE(opened[0][0].toString(), QStringLiteral("functions/resizer"));
        aws::lambda::CreateFunctionRequest request;
        QVERIFY(request.ParseFromString(asked("CreateFunction")));
        QCOMPARE(request.package_type(), std::string("Image"));
        QCOMPARE(request.code().image_uri(), std::string("127.0.0.1:4566/team/resize:v2"));
        QCOMPARE(request.memory_size(), 1024);
        table->selectRow(1);
        QVERIFY(!find<QPushButton>("deployImage")->isEnabled());
        QVERIFY(find<QLabel>("imageProgram")->text().contains(QStringLiteral("several architectures")));
    }

    void deletesAfterAsking()
    {
        serve(kImages, "ListImages", library());
        serve(kImages, "DeleteImage", v1::DeleteImageResponse());
        open();
        QTRY_COMPARE(find<QTableView>("imageTable")->model()->rowCount(), 2);
        QTRY_VERIFY(find<QPushButton>("deleteImage")->isEnabled());
        find<QPushButton>("deleteImage")->click();
        auto* box = m_page->findChild<QMessageBox*>();
        QVERIFY(box);
        QVERIFY(asked("DeleteImage").empty());
        box->buttons().last()->click();
        QTRY_VERIFY(!asked("DeleteImage").empty());
        v1::DeleteImageRequest request;
        QVERIFY(request.ParseFromString(asked("DeleteImage")));
        QCOMPARE(request.repository(), std::string("team/resize"));
        QCOMPARE(request.digest(), "sha256:" + std::string(64, 'a'));
    }

private:
    bool drop(const QString& file)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file)});
        const QPoint at(100, 300);
        QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_page.get(), &enter);
        QDropEvent dropped(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        return QApplication::sendEvent(m_page.get(), &dropped) && dropped.isAccepted();
    }
    template <class Message>
    void serve(const std::string& service, const std::string& method, const Message& message)
    {
        m_server->on(service + method,
                     [this, method, bytes = message.SerializeAsString()](const std::string& request) {
                         const std::lock_guard lock(m_mutex);
                         m_asked[method] = request.empty() ? " " : request;
                         return test::Reply{{bytes}, grpc::Status::OK, {}, false};
                     });
    }

    std::string asked(const std::string& method)
    {
        const std::lock_guard lock(m_mutex);
        return m_asked[method];
    }

    void open()
    {
        ui::Services services;
        services.channel = m_channel.get();
        m_page.reset(ui::makeImagesPage(services, nullptr));
        m_page->resize(1300, 800);
        m_page->QWidget::show();
        m_page->activated();
        QTRY_VERIFY(!asked("ListImages").empty());
        QTest::qWait(50);
    }

    template <class T> T* find(const char* name) const
    {
        return m_page->findChild<T*>(QLatin1String(name));
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<test::GrpcServer> m_server;
    std::unique_ptr<rpc::Channel> m_channel;
    std::unique_ptr<ui::Page> m_page;
    std::mutex m_mutex;
    std::map<std::string, std::string> m_asked; // bytes of the last request, by method
};

QTEST_MAIN(ImagesPageTest)
#include "images_test.moc"
