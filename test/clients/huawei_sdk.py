"""
The Huawei Cloud SDK for Python, unmodified, as a client of a running server: every call of the backup path and the refusals that
a user meets, as the SDK's own exceptions show them.

Environment: LARDER_ENDPOINT (http://host:port), LARDER_ACCESS_KEY, LARDER_SECRET_KEY, LARDER_PROJECT_ID, LARDER_INSTANCE_ID, and
optionally LARDER_TIMEOUT (seconds a job may take, 300). The instance is restored to the backup taken at the start, and where its policy is
off to a time after it: run this only against one whose data may be replaced, in which a database may get collections.

Prints one line of JSON per step. Ends with 1 at the first answer that is not the expected one.
"""

import gzip
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions import exceptions
from huaweicloudsdkdds.v3 import (
    BackupPolicy,
    CreateIpRequest,
    CreateIpRequestBody,
    CreateManualBackupOption,
    CreateManualBackupRequest,
    CreateManualBackupRequestBody,
    DdsClient,
    DeleteManualBackupRequest,
    ListBackupsRequest,
    ListInstancesRequest,
    ListRestoreCollectionsRequest,
    ListRestoreDatabasesRequest,
    ListRestoreTimesRequest,
    RestoreInstanceFromCollectionRequest,
    RestoreInstanceFromCollectionRequestBody,
    RestoreInstanceRequest,
    RestoreInstanceRequestBody,
    SetBackupPolicyRequest,
    SetBackupPolicyRequestBody,
    ShowAuditlogPolicyRequest,
    ShowBackupDownloadLinkRequest,
    ShowBackupPolicyRequest,
    ShowJobDetailRequest,
    Source,
    Target,
)

from huaweicloudsdkdds.v3 import RestoreInstanceFromCollectionRequestBodyCollections as Collections
from huaweicloudsdkdds.v3 import RestoreInstanceFromCollectionRequestBodyRestoreCollections as RestoreCollections
from steps import Deviation, expect, report, run_steps


def setting(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set; see the head of this file.")
    return value


ENDPOINT = setting("LARDER_ENDPOINT")
ACCESS_KEY = setting("LARDER_ACCESS_KEY")
SECRET_KEY = setting("LARDER_SECRET_KEY")
PROJECT_ID = setting("LARDER_PROJECT_ID")
INSTANCE_ID = setting("LARDER_INSTANCE_ID")
TIMEOUT = float(os.environ.get("LARDER_TIMEOUT", "300"))

# A proxy of the environment must not stand between the SDK and a server on this machine.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = urlsplit(ENDPOINT).hostname


def client(secret=SECRET_KEY, project_id=PROJECT_ID, access=ACCESS_KEY):
    credentials = BasicCredentials(access, secret, project_id)
    return DdsClient.new_builder().with_credentials(credentials).with_endpoint(ENDPOINT).build()


DDS = client()


def create(name, description=None, instance_id=INSTANCE_ID, dds=DDS):
    option = CreateManualBackupOption(instance_id=instance_id, name=name, description=description)
    body = CreateManualBackupRequestBody(backup=option)
    return dds.create_manual_backup(CreateManualBackupRequest(body=body))


def find_job(job_id):
    return DDS.show_job_detail(ShowJobDetailRequest(id=job_id)).job


def wait_for_job(job_id):
    """Follows a job from its first query, which must succeed at once, to its end."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        job = find_job(job_id)
        expect(job.status in ("Running", "Completed"), f"job {job.name} is {job.status}: {job.fail_reason}")
        expect(job.instance.id == INSTANCE_ID, f"job is of instance {job.instance.id}")
        if job.status == "Completed":
            datetime.strptime(job.created, "%Y-%m-%dT%H:%M:%S%z")
            datetime.strptime(job.ended, "%Y-%m-%dT%H:%M:%S%z")
            return job
        expect(time.monotonic() < deadline, f"job {job.name} takes longer than {TIMEOUT} s")
        time.sleep(0.2)


def backups(**filters):
    return DDS.list_backups(ListBackupsRequest(**filters))


def refused(step, status, code, call):
    try:
        call()
    except exceptions.ClientRequestException as error:
        seen = (error.status_code, error.error_code)
        expect(seen == (status, code), f"{step}: expected {(status, code)}, got {seen}: {error.error_msg}")
        expect(error.error_msg, f"{step}: no message")
        expect(error.request_id, f"{step}: no request id")
        report(step, status=status, code=code, message=error.error_msg)
        return
    raise Deviation(f"{step}: was not refused")


def check_instances():
    listed = DDS.list_instances(ListInstancesRequest(id=INSTANCE_ID))
    expect(listed.total_count == 1, f"{listed.total_count} instances")
    (instance,) = listed.instances
    expect(instance.id == INSTANCE_ID and instance.status == "normal", f"{instance.id} is {instance.status}")
    expect(instance.actions == [], f"actions are {instance.actions}")
    expect(isinstance(instance.port, str), "port is no text")
    datetime.strptime(instance.created, "%Y-%m-%dT%H:%M:%S")
    report("list_instances", mode=instance.mode, version=instance.datastore.version, nodes=len(instance.groups[0].nodes))
    expect(DDS.list_instances(ListInstancesRequest(id="unknown")).total_count == 0, "an unknown id is listed")
    return instance


def check_create(name):
    before = backups(instance_id=INSTANCE_ID).total_count
    created = create(name, "before + after, 100 %: é")
    expect(created.job_id and created.backup_id, "no ids")
    job = wait_for_job(created.job_id)
    report("create_manual_backup", backup_id=created.backup_id, job=job.name)
    expect(backups(instance_id=INSTANCE_ID).total_count == before + 1, "the list has not grown by one")
    return created.backup_id


def check_filters(name, backup_id, instance):
    (backup,) = backups(backup_id=backup_id).backups
    expect(backup.status == "COMPLETED" and backup.type == "Manual", f"{backup.type} {backup.status}")
    expect(backup.name == name and backup.description == "before + after, 100 %: é", "name or description changed")
    expect(isinstance(backup.size, int) and backup.size >= 0, "size is no integer")
    form = "%Y-%m-%d %H:%M:%S"
    begin = datetime.strptime(backup.begin_time, form)
    expect(datetime.strptime(backup.end_time, form) >= begin, "ends before it begins")
    expect(abs(begin.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)) < timedelta(days=36500), "begin is no time")
    at = lambda seconds: (begin + timedelta(seconds=seconds)).strftime(form)
    here = [
        {"instance_id": INSTANCE_ID},
        {"backup_type": "Manual"},
        {"mode": instance.mode},
        {"begin_time": at(0), "end_time": at(0)},
        {"begin_time": at(-60), "end_time": at(60), "limit": 100, "offset": 0},
        {"instance_id": INSTANCE_ID, "backup_id": backup_id, "backup_type": "Manual", "mode": instance.mode,
         "begin_time": at(-1), "end_time": at(1), "limit": 1},
    ]
    elsewhere = [
        {"instance_id": "unknown"},
        {"backup_type": "Auto"},
        {"mode": "Sharding" if instance.mode != "Sharding" else "Single"},
        {"begin_time": at(1), "end_time": at(60)},
        {"instance_id": INSTANCE_ID, "offset": 100000},
    ]
    for filters in here:
        expect(backup_id in [row.id for row in backups(**filters).backups], f"not found with {filters}")
    for filters in elsewhere:
        expect(backup_id not in [row.id for row in backups(**filters).backups], f"found with {filters}")
    report("list_backups", filters=len(here) + len(elsewhere))


def check_refusals(name, backup_id):
    free = f"free-{uuid.uuid4().hex}"
    refused("bad name", 400, "DBS.280277", lambda: create("1bad"))
    refused("bad description", 400, "DBS.280127", lambda: create(free, "<"))
    refused("missing name", 400, "DBS.280001", lambda: create(None))
    refused("duplicate name", 400, "DBS.201201", lambda: create(name))
    refused("malformed instance", 400, "DBS.280404", lambda: create(free, None, "in 02"))
    refused("unknown instance", 404, "DBS.200002", lambda: create(free, None, "0" * 32 + "in02"))
    refused("wrong secret", 401, "APIGW.0301", lambda: create(free, dds=client(secret="wrong")))
    refused("unknown access key", 401, "APIGW.0301", lambda: create(free, dds=client(access="UNKNOWN")))
    refused("another project", 403, "DBS.280032", lambda: create(free, dds=client(project_id="f" * 32)))
    refused("malformed project", 400, "DBS.280408", lambda: create(free, dds=client(project_id="project")))
    refused("bad limit", 400, "DBS.280439", lambda: backups(limit=101))
    refused("bad offset", 400, "DBS.280440", lambda: backups(offset=-1))
    refused("begin without end", 400, "DBS.280409", lambda: backups(begin_time="2018-08-06 12:41:14"))
    refused("bad mode", 400, "DBS.280342", lambda: backups(mode="Cluster"))
    refused("unknown backup", 400, "DBS.201214", lambda: backups(backup_id="0" * 32 + "br02"))
    refused("unknown job", 400, "DBS.200543", lambda: find_job(str(uuid.UUID(int=0))))
    refused("restore elsewhere", 400, "DBS.200004", lambda: restore(backup_id, "0" * 32 + "in02"))
    unserved = CreateIpRequest(instance_id=INSTANCE_ID, body=CreateIpRequestBody(type="shard"))
    refused("call that is not served", 400, "DBS.280343", lambda: DDS.create_ip(unserved))
    audited = DDS.show_auditlog_policy(ShowAuditlogPolicyRequest(instance_id=INSTANCE_ID))
    expect(audited.keep_days == 0, "an audit log is kept")
    expect(backups(instance_id=INSTANCE_ID, backup_id=backup_id).total_count == 1, "a refused call changed something")


def set_policy(keep_days, start_time=None, period=None):
    policy = BackupPolicy(keep_days=keep_days, start_time=start_time, period=period)
    DDS.set_backup_policy(SetBackupPolicyRequest(INSTANCE_ID, SetBackupPolicyRequestBody(backup_policy=policy)))


def show_policy():
    policy = DDS.show_backup_policy(ShowBackupPolicyRequest(INSTANCE_ID)).backup_policy
    return policy.keep_days, policy.start_time, policy.period


def wait_until_idle():
    deadline = time.monotonic() + TIMEOUT
    while DDS.list_instances(ListInstancesRequest(id=INSTANCE_ID)).instances[0].actions:
        expect(time.monotonic() < deadline, f"the instance is busy for longer than {TIMEOUT} s")
        time.sleep(0.2)


def delete(backup_id):
    return DDS.delete_manual_backup(DeleteManualBackupRequest(backup_id=backup_id)).job_id


def check_policy():
    """Turned on, the policy makes a backup at once. It is put back as it was found."""
    keep_days, start_time, period = show_policy()
    if keep_days != 0:
        report("policy is on already: left alone", keep_days=keep_days)
        return
    expect((start_time, period) == (None, None), "a policy that is off says more than that")
    refused("bad days", 400, "DBS.280214", lambda: set_policy("733", "19:00-20:00", "1"))
    refused("bad period", 400, "DBS.280215", lambda: set_policy("1", "19:00-20:00", "1"))
    refused("bad window", 400, "DBS.280216", lambda: set_policy("7", "19:05-20:05", "1"))
    refused("bad window end", 400, "DBS.280416", lambda: set_policy("7", "19:00-22:00", "1"))
    set_policy("7", "19:00-20:00", "1,2,4,5,6")
    expect(show_policy() == (7, "19:00-20:00", "1,2,4,5,6"), f"the policy is {show_policy()}")
    wait_until_idle()
    (automated,) = backups(instance_id=INSTANCE_ID, backup_type="Auto").backups
    expect(automated.status == "COMPLETED", f"the automated backup is {automated.status}")
    refused("delete an automated backup", 400, "DBS.200004", lambda: delete(automated.id))
    check_point_in_time()
    wait_until_idle()
    set_policy("0")
    expect(show_policy() == (0, None, None), f"the policy is {show_policy()}")
    # One of them began with the policy, another because history began anew with the restore.
    for backup in backups(instance_id=INSTANCE_ID, backup_type="Auto").backups:
        wait_for_job(delete(backup.id))
    expect(backups(instance_id=INSTANCE_ID, backup_type="Auto").total_count == 0, "the automated backup is still there")
    report("set_backup_policy", backup=automated.name)


def restorable_ranges():
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    return DDS.list_restore_times(ListRestoreTimesRequest(instance_id=INSTANCE_ID, date=today)).restore_time


def collection_restore(*databases):
    body = RestoreInstanceFromCollectionRequestBody(restore_collections=list(databases))
    return DDS.restore_instance_from_collection(RestoreInstanceFromCollectionRequest(instance_id=INSTANCE_ID, body=body))


def check_point_in_time():
    """What the instance held at the beginning of the archive: beside what there is, and then in its place."""
    deadline = time.monotonic() + TIMEOUT
    while not (ranges := restorable_ranges()):
        expect(time.monotonic() < deadline, f"nothing can be restored for longer than {TIMEOUT} s")
        time.sleep(0.2)
    at = ranges[0].end_time
    expect(ranges[0].start_time <= at, "a range ends before it begins")
    databases = DDS.list_restore_databases(ListRestoreDatabasesRequest(instance_id=INSTANCE_ID, restore_time=str(at)))
    expect(databases.total_count == len(databases.databases) > 0, f"{databases.total_count} databases")
    collections = {}
    for name in databases.databases:
        request = ListRestoreCollectionsRequest(instance_id=INSTANCE_ID, db_name=name, restore_time=str(at))
        answer = DDS.list_restore_collections(request)
        expect(answer.total_count == len(answer.collections) > 0, f"{answer.total_count} collections in {name}")
        collections[name] = answer.collections
    report("list_restore_databases", at=at, collections=collections)
    unknown = ListRestoreCollectionsRequest(instance_id=INSTANCE_ID, db_name="no-such-db", restore_time=str(at))
    refused("unknown database", 400, "DBS.200823", lambda: DDS.list_restore_collections(unknown))

    first, *_ = collections
    whole = RestoreCollections(database=first, restore_database_time=str(at))
    one = Collections(old_name=collections[first][0], new_name="sdk_restored", restore_collection_time=str(at))
    job = wait_for_job(collection_restore(whole, RestoreCollections(database=first, collections=[one])).job_id)
    report("restore_instance_from_collection", job=job.name, at=at, database=first, collection=collections[first][0])
    refused("a name that is taken", 400, "DBS.200826", lambda: collection_restore(whole))
    unknown = RestoreCollections(database="no-such-db", restore_database_time=str(at))
    refused("a database that was not there", 400, "DBS.200823", lambda: collection_restore(unknown))
    unheld = RestoreCollections(database=first, restore_database_time="1000")
    refused("parts as of a time before every backup", 400, "DBS.280409", lambda: collection_restore(unheld))

    job = wait_for_job(restore_to_time(at).job_id)
    report("restore_instance to a time", job=job.name)


def check_restorable():
    at = str(int((datetime.now(timezone.utc) + timedelta(minutes=1)).timestamp() * 1000))
    expect(isinstance(restorable_ranges(), list), "ranges are no list")
    later = ListRestoreDatabasesRequest(instance_id=INSTANCE_ID, restore_time=at)
    refused("names of a time that is not archived", 400, "DBS.280409", lambda: DDS.list_restore_databases(later))
    bad = ListRestoreTimesRequest(instance_id=INSTANCE_ID, date="2026-02-30")
    refused("bad date", 400, "DBS.280409", lambda: DDS.list_restore_times(bad))
    report("list_restore_times", ranges=len(restorable_ranges()))


def restore(backup_id, target_id=INSTANCE_ID):
    source = Source(instance_id=INSTANCE_ID, type="backup", backup_id=backup_id)
    body = RestoreInstanceRequestBody(source=source, target=Target(instance_id=target_id))
    return DDS.restore_instance(RestoreInstanceRequest(body=body))


def restore_to_time(milliseconds):
    source = Source(instance_id=INSTANCE_ID, type="timestamp", restore_time=str(milliseconds))
    body = RestoreInstanceRequestBody(source=source, target=Target(instance_id=INSTANCE_ID))
    return DDS.restore_instance(RestoreInstanceRequest(body=body))


def check_restore(backup_id):
    refused("a time before every backup", 400, "DBS.280409", lambda: restore_to_time(1000))
    job = wait_for_job(restore(backup_id).job_id)
    report("restore_instance", job=job.name)


def check_download(backup_id):
    request = ShowBackupDownloadLinkRequest(instance_id=INSTANCE_ID, backup_id=backup_id)
    links = DDS.show_backup_download_link(request)
    expect(len(links.files) == 1 and links.bucket, "not exactly one file")
    (file,) = links.files
    expires = datetime.strptime(file.link_expired_time, "%Y-%m-%dT%H:%M:%S%z")
    life = expires - datetime.now(timezone.utc)
    expect(timedelta(minutes=14) < life <= timedelta(minutes=15), f"the link lives for {life}")
    expect(isinstance(file.size, int) and file.size > 0, "size is no integer")
    with urllib.request.urlopen(file.download_link) as answer:
        archive = gzip.decompress(answer.read())
    expect(archive[:4] == bytes.fromhex("6de29981"), "the file is no archive of a mongodump")
    try:
        urllib.request.urlopen(file.download_link.replace("token=", "token=x"))
        raise Deviation("an altered link was followed")
    except urllib.error.HTTPError as error:
        expect(error.code == 403, f"an altered link: {error.code}")
    unknown = ShowBackupDownloadLinkRequest(instance_id=INSTANCE_ID, backup_id="0" * 32 + "br02")
    refused("link of an unknown backup", 400, "DBS.201214", lambda: DDS.show_backup_download_link(unknown))
    report("show_backup_download_link", name=file.name, size=file.size, bytes=len(archive))


def check_delete(backup_id):
    job = wait_for_job(delete(backup_id))
    report("delete_manual_backup", job=job.name)
    refused("delete again", 400, "DBS.201214", lambda: delete(backup_id))


def main():
    name = f"sdk-{uuid.uuid4().hex}"
    instance = check_instances()
    backup_id = check_create(name)
    check_filters(name, backup_id, instance)
    check_refusals(name, backup_id)
    check_policy()
    check_restorable()
    check_download(backup_id)
    check_restore(backup_id)
    check_delete(backup_id)


if __name__ == "__main__":
    run_steps(main, exceptions.SdkException, ok=True)
